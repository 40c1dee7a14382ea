"""Replies to what is no question about work."""

from __future__ import annotations

import re

from bot.messages import Button, Buttons, Card, Style, Text
from bot.store.records import Answer, Question
from bot.wording.asking import cut
from bot.wording.general import plain

_ABOUT = re.compile(r".*\(about “(.+)”\)", re.DOTALL)


def first_question(text: str) -> str:
    """The question with which it began, of one that was asked about another."""
    found = _ABOUT.fullmatch(text)
    return found[1] if found else text


def sorry(question: Question | None) -> Card:
    if question is None:
        return plain("I am sorry. Tell me in a few words what you need, and I look, or find a colleague who knows.")
    return _offer(f"I am sorry that I was no help. Shall I ask a colleague about “{_quoted(question)}”?", question)


def gladly(question: Question | None) -> Card:
    if question is None:
        return plain("Gladly. What is it about? Write it here, and I find a colleague who is likely to know.")
    return _offer(f"Gladly. Shall I put “{_quoted(question)}” to a colleague who is likely to know?", question)


def unclear(question: Question) -> Card:
    return _offer("I can only show what is written there. Shall I ask a colleague who can explain it?", question)


def wrong(answer: Answer, *, question: Question | None) -> Card:
    """`question` is given where it can be put to an expert."""
    text = "Thank you for telling me."
    buttons = []
    if answer.aid_id is not None:
        text += " If you know what is right, suggest it to whoever looks after this job aid."
        value = str(answer.aid_id)
        buttons.append(Button(label="Suggest a change", verb="suggest_edit", value=value, opens_form=True))
    if answer.helped is None:
        buttons.append(Button(label="Not what I need", verb="not_helped", value=str(answer.id)))
    if question is not None:
        buttons.append(Button(label="Ask an expert", verb="ask_expert_about", value=str(question.id)))
    parts = (Text(text=text), *((Buttons(buttons=tuple(buttons)),) if buttons else ()))
    return Card(summary=text, parts=parts)


def answered_by(name: str) -> Card:
    return plain(f"{name} answered that.")


def _offer(text: str, question: Question) -> Card:
    value = str(question.id)
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Buttons(
                buttons=(
                    Button(label="Ask an expert", verb="ask_expert_about", value=value, style=Style.PRIMARY),
                    Button(label="Ask without my name", verb="ask_expert_unnamed", value=value),
                )
            ),
        ),
    )


def _quoted(question: Question) -> str:
    return cut(question.text, 150)
