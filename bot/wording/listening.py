"""What is said where nobody asked for it, and what a channel's people can choose about that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from bot.messages import Button, Buttons, Card, Facts, Field, FieldKind, Form, Part, Style, Text, Tone
from bot.store.records import Aid, Channel, Heeded, Mode
from bot.wording.asking import answer_parts, quote
from knowledge.job_aids import opening
from knowledge.model import Snippet

MODES = {
    Mode.OFF: "Not at all, even when I am mentioned",
    Mode.MENTION: "Only when I am mentioned",
    Mode.OFFER: "Offer an answer to whoever asks, seen by them alone, when I am sure",
    Mode.ANSWER: "Answer in the thread, when I am sure",
}
ANNOUNCED = {
    Mode.OFF: "I do not listen here any more, not even when I am mentioned.",
    Mode.MENTION: "I answer here when I am mentioned, and only then.",
    Mode.OFFER: "When somebody asks something here and I am sure of the answer, I show it to them alone.",
    Mode.ANSWER: "When somebody asks something here and I am sure of the answer, I reply in the thread.",
}
LEARNS = "I take note of who answers questions here, to know whom to ask."
LEARNS_NOT = "I take no note of who answers here."


# ── unasked ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def unasked(
    snippet: Snippet,
    aid: Aid,
    *,
    question: str,
    answer_id: int,
    place: str,
    private: bool,
    today: date,
    page: str = "",
) -> Card:
    """An answer that nobody asked Lanyard for; `place` is the channel's key. `private`: seen by the asker alone.

    `question` is empty where it stands right above anyway.
    """
    lead = "This may help. Nobody else sees it." if private else "This may help."
    value = str(answer_id)
    buttons = [
        Button(label="That helped", verb="helped", value=value, style=Style.PRIMARY),
        Button(label="Not what I need", verb="not_helped", value=value),
        Button(label="Ask an expert", verb="ask_expert", value=value),
    ]
    if private:
        buttons.append(Button(label="Share here", verb="share", value=value))
    hush = (
        Button(label="Not in this channel", verb="hush_here", value=place),
        Button(label="Not for me", verb="hush_me", value=place),
    )
    return Card(
        summary=f"{snippet.title}: {opening(snippet.text)[:200]}",
        parts=(
            *quote(question),
            Text(text=lead, tone=Tone.QUIET),
            *answer_parts(snippet, aid, today=today, page=page),
            Buttons(buttons=tuple(buttons)),
            Buttons(buttons=hush),
        ),
    )


def hushed(*, here: bool, days: int) -> Card:
    where = "in that channel" if here else "anywhere"
    return Card(
        summary=f"All right: for {days} days I offer you nothing unasked {where}. Mention me whenever you like."
    )


# ── what a channel's people choose ──────────────────────────────────────────────────────────────────────────────────


def settings_card(channel: Channel, *, name: str | None) -> Card:
    title = f"How I listen in #{name}" if name else "How I listen here"
    learns = LEARNS if channel.learns else LEARNS_NOT
    return Card(
        summary=title,
        parts=(
            Text(text=f"{title}: {MODES[channel.mode].lower()}. {learns}"),
            Buttons(
                buttons=(
                    Button(label="Change how I listen", verb="channel_settings", value=channel.key, opens_form=True),
                )
            ),
        ),
    )


def settings_form(channel: Channel, *, name: str | None) -> Form:
    return Form(
        title=f"Lanyard in #{name}"[:24] if name else "Lanyard in this channel",
        verb="channel_settings",
        value=channel.key,
        intro=(
            Text(text="Anybody in this channel can change this. Everybody here is told in one line.", tone=Tone.QUIET),
        ),
        fields=(
            Field(
                name="mode",
                label="When may I speak?",
                kind=FieldKind.CHOICE,
                value=channel.mode,
                options=tuple((mode.value, label) for mode, label in MODES.items()),
            ),
            Field(
                name="learns",
                label="May I take note of who answers questions here?",
                kind=FieldKind.CHECK,
                value="yes" if channel.learns else "",
                hint="It helps me to ask the right people. What is learned in a closed channel is used in it alone.",
                required=False,
            ),
        ),
        submit="Save",
    )


def settings_saved() -> Card:
    return Card(summary="✓ Saved. I have told the channel.")


def settings_unchanged() -> Card:
    return Card(summary="That is how it was already; nothing has changed.")


def announced(name: str, before: Channel, *, mode: Mode, learns: bool) -> Card:
    """One line for everybody in the channel."""
    told = [ANNOUNCED[mode]] if mode is not before.mode else []
    if learns is not before.learns:
        told.append(LEARNS if learns else LEARNS_NOT)
    text = f"{name} has changed how I listen here. {' '.join(told)}"
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def only_in_channels() -> Card:
    return Card(
        summary="Write “/lanyard settings” in the channel itself: how I listen there is for the people of that channel."
    )


def invited(name: str | None, *, key: str) -> Card:
    """To the one who brought Lanyard into a channel."""
    where = f"#{name}" if name else "the channel"
    text = (
        f"Thank you for bringing me into {where}. I speak there only when I am mentioned, and keep nothing of what is "
        "said. If you like, I can also offer answers unasked:"
    )
    return Card(
        summary=f"I am in {where} now, and speak when I am mentioned.",
        parts=(
            Text(text=text),
            Buttons(
                buttons=(Button(label="Change how I listen", verb="channel_settings", value=key, opens_form=True),)
            ),
        ),
    )


# ── for L&D and administrators ──────────────────────────────────────────────────────────────────────────────────────


def overheard(
    counts: Counter[Heeded],
    titles: Sequence[tuple[str, Heeded, int]],
    *,
    days: int,
    shadow: bool,
    may_change: bool,
) -> Card:
    """What listening came to; counts, and never who."""
    asked = sum(counts.values())
    lead = (
        "Shadow mode is on: I record what I would have said unasked, and say nothing."
        if shadow
        else "Shadow mode is off: where a channel allows it, I speak unasked when I am sure."
    )
    parts: list[Part] = [
        Text(text=lead),
        Facts(
            facts=(
                (f"Asked where I listen, in {days} days", str(asked)),
                ("Answered unasked", str(counts[Heeded.SAID])),
                ("Would have been answered", str(counts[Heeded.SHADOW])),
                ("Not sure enough", str(counts[Heeded.UNSURE])),
            )
        ),
    ]
    if titles:
        listed = "\n".join(f"• {title}: {count}" for title, _, count in titles)
        parts.append(Text(text=f"By job aid:\n{listed}", tone=Tone.QUIET))
    if may_change:
        label, value = ("Turn shadow mode off", "off") if shadow else ("Turn shadow mode on", "on")
        parts.append(Buttons(buttons=(Button(label=label, verb="shadow", value=value),)))
    return Card(summary="What I overheard", parts=tuple(parts))
