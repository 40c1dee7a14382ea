"""What happens next: one file a journey. The verbs of every command, button and form, and who handles them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.journeys import (
    asking,
    capturing,
    caring,
    channels,
    conduct,
    editing,
    fallback,
    files,
    gap_askers,
    gaps,
    glossary,
    insight,
    opening,
    orientation,
    overhearing,
    people,
    preferences,
    privacy,
    reinforcing,
    retention,
    roles,
    routing,
    suggesting,
)
from bot.journeys.amending import amend
from bot.journeys.files import tell_unread
from bot.journeys.home import offer_prompts, open_home
from bot.journeys.listening import hear, may_concern
from bot.journeys.opening import show_linked
from bot.journeys.people import changed, invited
from bot.journeys.picking import read_press
from bot.journeys.seeking import seek
from bot.messages import Outcome
from bot.turn import Turn

__all__ = [
    "COMMANDS",
    "PRESSES",
    "SUBMISSIONS",
    "amend",
    "changed",
    "hear",
    "invited",
    "may_concern",
    "offer_prompts",
    "open_home",
    "read_press",
    "seek",
    "show_linked",
    "tell_unread",
]

Handler = Callable[[Turn], Awaitable[Outcome]]

COMMANDS: Mapping[str, Handler] = {
    **asking.COMMANDS,
    **opening.COMMANDS,
    **orientation.COMMANDS,
    **reinforcing.COMMANDS,
    **suggesting.COMMANDS,
}
PRESSES: Mapping[str, Handler] = {
    **asking.PRESSES,
    **opening.PRESSES,
    **routing.PRESSES,
    **capturing.PRESSES,
    **editing.PRESSES,
    **suggesting.PRESSES,
    **caring.PRESSES,
    **gaps.PRESSES,
    **gap_askers.PRESSES,
    **glossary.PRESSES,
    **insight.PRESSES,
    **orientation.PRESSES,
    **channels.PRESSES,
    **conduct.PRESSES,
    **fallback.PRESSES,
    **files.PRESSES,
    **overhearing.PRESSES,
    **people.PRESSES,
    **preferences.PRESSES,
    **privacy.PRESSES,
    **reinforcing.PRESSES,
    **retention.PRESSES,
    **roles.PRESSES,
}
SUBMISSIONS: Mapping[str, Handler] = {
    **asking.SUBMISSIONS,
    **suggesting.SUBMISSIONS,
    **gaps.SUBMISSIONS,
    **gap_askers.SUBMISSIONS,
    **glossary.SUBMISSIONS,
    **routing.SUBMISSIONS,
    **caring.SUBMISSIONS,
    **editing.SUBMISSIONS,
    **channels.SUBMISSIONS,
    **fallback.SUBMISSIONS,
    **preferences.SUBMISSIONS,
    **privacy.SUBMISSIONS,
    **reinforcing.SUBMISSIONS,
    **retention.SUBMISSIONS,
    **conduct.SUBMISSIONS,
    **roles.SUBMISSIONS,
}
