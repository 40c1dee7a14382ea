"""Answers, choices, and the honest “I don't know”."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.messages import (
    Button,
    Buttons,
    Card,
    Field,
    FieldKind,
    Form,
    Heading,
    Link,
    Links,
    Markdown,
    Part,
    Result,
    Style,
    Text,
    Tone,
)
from bot.store.records import Aid
from knowledge.job_aids import opening
from knowledge.model import Snippet


def answer(
    snippet: Snippet, aid: Aid, *, question: str, answer_id: int, private: bool, today: date, page: str = ""
) -> Card:
    """The snippet with its source and what to do next. `private`: only the asker sees it, and may share it.

    `page` is the address of the aid's page, as in the other cards that show a snippet; empty where there is none.

    `question` is empty where it stands right above anyway; so in the other cards that a question leads to.
    """
    buttons = [
        Button(label="That helped", verb="helped", value=str(answer_id), style=Style.PRIMARY),
        Button(label="Not what I need", verb="not_helped", value=str(answer_id)),
        Button(label="Ask an expert", verb="ask_expert", value=str(answer_id)),
    ]
    if private:
        buttons.append(Button(label="Share here", verb="share", value=str(answer_id)))
    buttons.append(Button(label="Suggest a change", verb="suggest_edit", value=str(aid.id), opens_form=True))
    return Card(
        summary=f"{snippet.title}: {opening(snippet.text)[:200]}",
        parts=(*quote(question), *answer_parts(snippet, aid, today=today, page=page), Buttons(buttons=tuple(buttons))),
    )


def answer_parts(snippet: Snippet, aid: Aid, *, today: date, page: str = "") -> tuple[Part, ...]:
    parts: list[Part] = [Heading(text=snippet.title), Markdown(text=snippet.text)]
    links = [Link(label=label, url=url) for label, url in aid.links]
    if page:
        links.append(Link(label=_open(aid), url=page))
    if links:
        parts.append(Links(links=tuple(links)))
    parts.append(Text(text=source_line(aid, today=today), tone=Tone.QUIET))
    return tuple(parts)


def found(aid: Aid, snippet: Snippet | None, *, today: date, page: str = "", address: str = "") -> Result:
    """A job aid to be put into somebody's own message: the piece that was looked for, or the whole of it."""
    shown = snippet or Snippet(id="", title=aid.title, text=aid.body)
    plain = opening(shown.text)
    card = Card(summary=f"{shown.title}: {plain[:200]}", parts=answer_parts(shown, aid, today=today, page=page))
    return Result(title=aid.title, text=aid.need or plain[:200], card=card, address=address)


CORRECTED = "Corrected"


def corrected(card: Card, snippet: Snippet | None, aid: Aid, *, today: date) -> Card:
    """An answer that was posted from an aid which has changed since. `snippet` is None where it was withdrawn."""
    start = next((n for n, part in enumerate(card.parts) if isinstance(part, Heading)), 0)
    end = next((n for n, part in enumerate(card.parts) if is_source_line(part)), len(card.parts) - 1) + 1
    rest = tuple(part for part in card.parts[end:] if not is_correction(part))
    if snippet is None:
        gone = Text(text=f"This answer came from job aid #{aid.number}, which has been withdrawn. Please ask again.")
        return Card(summary="An answer was withdrawn", parts=(*card.parts[:start], gone))
    note = Text(text=f"{CORRECTED} on {format_day(today)}: the job aid has changed.", tone=Tone.QUIET)
    parts = (*card.parts[:start], *answer_parts(snippet, aid, today=today, page=_page_on(card, aid)), note, *rest)
    return Card(summary=f"Corrected: {snippet.title}", parts=parts)


def _page_on(card: Card, aid: Aid) -> str:
    """The address of the aid's page that a card shows already; empty where it shows none."""
    links = [link for part in card.parts if isinstance(part, Links) for link in part.links]
    return next((link.url for link in reversed(links) if link.label == _open(aid)), "")


def _open(aid: Aid) -> str:
    return f"Open job aid #{aid.number}"


def is_correction(part: Part) -> bool:
    return isinstance(part, Text) and part.tone is Tone.QUIET and part.text.startswith(CORRECTED)


def is_source_line(part: Part) -> bool:
    return isinstance(part, Text) and part.tone is Tone.QUIET and part.text.startswith("Job aid #")


def source_line(aid: Aid, *, today: date) -> str:
    words = [f"Job aid #{aid.number}" + ("" if aid.status == "published" else f" ({aid.status})")]
    words.append(f"looked after by {aid.owner_name}" if aid.owner_name else "nobody looks after it yet")
    if aid.verified_on is None:
        words.append("⚠ never verified")
    elif aid.verified_on + timedelta(days=aid.review_days) < today:
        words.append(f"⚠ verified {format_day(aid.verified_on)}, a check is overdue")
    else:
        words.append(f"verified {format_day(aid.verified_on)}")
    return " · ".join(words)


def format_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def thanked(card_parts: tuple[Part, ...], *, by_expert: str | None = None) -> Card:
    """The answer after “That helped”: it stays, its buttons go."""
    word = f"✓ You said that this helped. {by_expert} will hear it." if by_expert else "✓ You said that this helped."
    return Card(summary="Answer, marked as helpful", parts=(*card_parts, Text(text=word, tone=Tone.QUIET)))


def set_aside(card_parts: tuple[Part, ...]) -> Card:
    """An answer, or choices, after they were not what was needed."""
    return Card(
        summary="Answer, set aside",
        parts=(*card_parts, Text(text="You said that this is not what you need.", tone=Tone.QUIET)),
    )


def choices(question: str, snippets: Sequence[Snippet], *, question_id: int, again: bool = False) -> Card:
    """Up to three titles to choose from. `again`: after one was set aside."""
    if len(snippets) == 1:
        lead = "Then perhaps this one?" if again else "I am not sure. Is it this one?"
    else:
        lead = "Then perhaps one of these:" if again else "I am not sure which one you mean. Is it one of these?"
    buttons = tuple(
        Button(label=cut(snippet.title, 70), verb="choose", value=f"{question_id}.{number}")
        for number, snippet in enumerate(snippets)
    )
    return Card(
        summary=f"{lead} {'; '.join(snippet.title for snippet in snippets)}",
        parts=(
            *quote(question),
            Text(text=lead),
            Buttons(buttons=buttons),
            Buttons(
                buttons=(
                    Button(label="No, ask an expert", verb="ask_expert_about", value=str(question_id)),
                    Button(label="Ask without my name", verb="ask_expert_unnamed", value=str(question_id)),
                )
            ),
        ),
    )


def chosen(title: str) -> Card:
    text = f"You chose “{title}”."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def nothing(question: str, *, question_id: int, again: bool = False, more: bool = False) -> Card:
    """`again`: after an answer or choices were set aside. `more`: after an answer that says no more on it."""
    lead = "I don't know, and I would rather not guess."
    if again:
        lead = "I have nothing else on this."
    elif more:
        lead = "I have nothing on that but the answer above, and I would rather not guess."
    return Card(
        summary=f"{lead} Shall I ask a colleague who knows?",
        parts=(
            *quote(question),
            Text(text=f"{lead} Shall I ask a colleague who is likely to know?"),
            Buttons(
                buttons=(
                    Button(label="Ask an expert", verb="ask_expert_about", value=str(question_id), style=Style.PRIMARY),
                    Button(label="Ask without my name", verb="ask_expert_unnamed", value=str(question_id)),
                    Button(label="No, thanks", verb="leave_it", value=str(question_id)),
                )
            ),
        ),
    )


def left(question: str) -> Card:
    text = (
        "All right, I leave it there. That nothing was found is counted, without your name, so that it can be mended."
    )
    return Card(summary="No answer was found", parts=(*quote(question), Text(text=text, tone=Tone.QUIET)))


def shared(asker: str, question: str, parts: tuple[Part, ...]) -> Card:
    return Card(
        summary=f"{asker} shares an answer",
        parts=(Text(text=f"{asker} asked, and shares the answer:"), Text(text=question, tone=Tone.QUOTE), *parts),
    )


def quote(question: str) -> tuple[Part, ...]:
    """The question, quoted where it does not stand right above; empty otherwise."""
    if not question:
        return ()
    return (Text(text=cut(question, 300), tone=Tone.QUOTE),)


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def ask_form() -> Form:
    return Form(
        title="Ask Lanyard",
        verb="ask_form",
        fields=(
            Field(
                name="question",
                label="Your question",
                kind=FieldKind.TEXT,
                hint="In your own words. Only you see the answer.",
            ),
        ),
        submit="Ask",
    )


def expert_helped(question: str) -> Card:
    text = "Your answer helped."
    return Card(
        summary=text, parts=(Text(text="✓ Your answer helped:"), Text(text=cut(question, 300), tone=Tone.QUOTE))
    )
