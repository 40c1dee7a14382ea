"""What people saw in any test of this run: kept for the test at its end that draws all of it as Teams would."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.messages import Card, FieldErrors, Form, Home, Note, Outcome

cards: dict[Card, None] = {}
forms: dict[Form, dict[str, str]] = {}
"""With what was wrong with it, where somebody sent it so."""
adaptive: dict[str, None] = {}
"""As JSON: what the Teams of the tests was given, dialogs and offers too."""


def note(shown: Card | Outcome) -> None:
    match shown:
        case Card():
            cards[shown] = None
        case Note(card=card) | Home(card=card):
            cards[card] = None
        case Form():
            forms.setdefault(shown, {})
        case FieldErrors(errors=errors) if forms:
            forms[next(reversed(forms))] |= errors


def note_adaptive(card: Mapping[str, Any]) -> None:
    adaptive[json.dumps(card, sort_keys=True)] = None
