"""What the expert reads, and what the asker is told meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

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
    Style,
    Text,
    Tone,
)
from bot.wording import whom
from bot.wording.asking import cut
from knowledge.model import Evidence, EvidenceKind, Match, Snippet

LAST_RUNG = "look after what nobody else could answer"
NO_REASON = (
    "I know of nobody who has answered anything like this. "
    "You have helped others, so perhaps you know, or know who does."
)
UNNAMED = "A colleague who prefers to stay unnamed"


def request(
    *,
    asker: str,
    question: str,
    where: str,
    reason: str,
    near: Sequence[Snippet],
    routing_id: int,
    first_time: bool,
    thread: str | None = None,
) -> Card:
    """The expert's card. `first_time`: they have not yet said whether they would take questions at all.

    `thread` is the address of where it was asked, for an expert who may go there.
    """
    value = str(routing_id)
    parts: list[Part] = [
        Heading(text="Can you help with a question?"),
        Text(text=f"{asker} asks{where}:"),
        Text(text=question, tone=Tone.QUOTE),
    ]
    if thread is not None:
        parts.append(Links(links=(Link(label="See where it was asked", url=thread),)))
    why_you = f"Why you: you {reason}." if reason else NO_REASON
    parts.append(Text(text=why_you, tone=Tone.QUIET))
    if near:
        listed = "\n".join(f"• {snippet.title}" for snippet in near)
        parts.append(Text(text=f"What I have comes near, but not near enough:\n{listed}", tone=Tone.QUIET))
    if first_time:
        parts += [
            Text(
                text="This is the first time I come to you. Would you take questions like this one? You can pause or "
                "stop it whenever you like, and saying no is never held against you."
            ),
            Buttons(
                buttons=(
                    Button(label="Yes, I'll answer", verb="answer", value=value, style=Style.PRIMARY, opens_form=True),
                    Button(label="Not this one", verb="pass", value=value),
                    Button(label="Please don't ask me", verb="decline", value=value),
                )
            ),
            Text(text=BY_REPLY, tone=Tone.QUIET),
        ]
        return Card(summary=f"Can you help? {cut(question, 200)}", parts=tuple(parts))
    buttons = [Button(label="Answer", verb="answer", value=value, style=Style.PRIMARY, opens_form=True)]
    if near:
        buttons.append(Button(label="This aid answers it", verb="aid_answers", value=value, opens_form=True))
    buttons += [
        Button(label="Ask for detail", verb="ask_detail", value=value, opens_form=True),
        Button(label="Not me → who?", verb="not_me", value=value, opens_form=True),
        Button(label="Pass", verb="pass", value=value),
        Button(label="Later", verb="later", value=value),
    ]
    parts += [Buttons(buttons=tuple(buttons)), Text(text=BY_REPLY, tone=Tone.QUIET)]
    return Card(summary=f"Can you help? {cut(question, 200)}", parts=tuple(parts))


BY_REPLY = "You can also answer by replying to this message."


def why(reasons: Sequence[Evidence]) -> str:
    """The reasons in words: "answered 3 questions like this, the last on 12 May"; empty without any."""
    words: list[str] = []
    answered = [piece for piece in reasons if piece.kind is EvidenceKind.ANSWERED]
    if answered:
        count = "a question" if len(answered) == 1 else f"{len(answered)} questions"
        last = max(piece.at for piece in answered)
        words.append(f"answered {count} like this, the last on {last.day} {last:%B}")
    owned = next((piece for piece in reasons if piece.kind is EvidenceKind.OWNS), None)
    if owned is not None:
        words.append(f"look after “{owned.text.splitlines()[0]}”")
    declared = [piece.text for piece in reasons if piece.kind is EvidenceKind.DECLARED]
    if declared:
        words.append(f"named {' and '.join(declared[:2])} as your topic")
    if any(piece.kind is EvidenceKind.NAMED for piece in reasons):
        words.append("were named by a colleague")
    if any(piece.kind is EvidenceKind.SPOKE for piece in reasons):
        words.append("have answered this kind of question in a channel")
    if not words and reasons:
        words.append("have been active on this topic")
    return "; you ".join(words)


def believed(kind: EvidenceKind, text: str, at: datetime) -> str:
    """One piece of evidence as its person reads it, going on from "you"."""
    about = f"“{cut(' '.join(text.split()), 120)}”"
    day = f"on {at.day} {at:%B %Y}"
    match kind:
        case EvidenceKind.ANSWERED:
            return f"answered {about} {day}"
        case EvidenceKind.OWNS:
            return f"wrote or checked {about} {day}"
        case EvidenceKind.DECLARED:
            return f"named {about} as your topic"
        case EvidenceKind.THANKED:
            return f"were thanked for {about} {day}"
        case EvidenceKind.NAMED:
            return f"were named by a colleague for {about} {day}"
        case EvidenceKind.SPOKE:
            return f"wrote about {about} {day}"


# ── what becomes of the expert's card ───────────────────────────────────────────────────────────────────────────────


def settled(question: str, what: str) -> Card:
    return Card(summary=what, parts=(Text(text=cut(question, 300), tone=Tone.QUOTE), Text(text=what, tone=Tone.QUIET)))


ANSWERED_BY_YOU = "✓ You answered this. Thank you! I will tell you whether it helped."
ANSWERED_BY_OTHER = "✓ Somebody else has answered this. Thank you all the same."
PASSED = "You passed this on."
DECLINED = "I will not bring you questions any more. Should you change your mind, write “topics” to me."
MOVED_ON = "I have asked somebody else meanwhile. If you know the answer, it is still welcome."
TAKEN_BACK = "You took this question back."
WITHDRAWN = "The question was withdrawn, or is solved. Nothing is left to do."


def moved_on(question: str, *, routing_id: int) -> Card:
    return Card(
        summary=MOVED_ON,
        parts=(
            Text(text=cut(question, 300), tone=Tone.QUOTE),
            Text(text=MOVED_ON, tone=Tone.QUIET),
            Buttons(buttons=(Button(label="Answer", verb="answer", value=str(routing_id), opens_form=True),)),
        ),
    )


def postponed(until: datetime) -> Card:
    return Card(summary=f"All right. I keep the question with you until {until:%A, %H:%M} (UTC).")


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def answer_form(question: str, *, routing_id: int) -> Form:
    return Form(
        title="Answer",
        verb="answer",
        value=str(routing_id),
        intro=(Text(text=question, tone=Tone.QUOTE),),
        fields=(
            Field(
                name="answer",
                label="Your answer",
                kind=FieldKind.TEXT,
                hint="Short is best: the steps, the fact, or the link. Markdown is fine.",
            ),
        ),
        submit="Send the answer",
    )


def aid_form(near: Sequence[Match], *, routing_id: int) -> Form:
    return Form(
        title="This aid answers it",
        verb="aid_answers",
        value=str(routing_id),
        fields=(
            Field(
                name="aid",
                label="Which job aid?",
                kind=FieldKind.CHOICE,
                options=tuple((match.snippet.id, match.snippet.title) for match in near),
            ),
        ),
        submit="Send it",
    )


def detail_form(question: str, *, routing_id: int) -> Form:
    return Form(
        title="Ask for detail",
        verb="ask_detail",
        value=str(routing_id),
        intro=(Text(text=question, tone=Tone.QUOTE),),
        fields=(Field(name="question", label="What do you need to know?", kind=FieldKind.TEXT, max_length=1000),),
        submit="Ask back",
    )


def not_me_form(offered: whom.Offered, *, routing_id: int) -> Form:
    return Form(
        title="Who is likely to know?",
        verb="not_me",
        value=str(routing_id),
        fields=whom.fields(
            offered,
            label="Colleague",
            nobody="I don't know",
            hint="Leave it open if you don't know; I look for somebody else then.",
        ),
        submit="Pass it on",
    )


def reply_form(detail: str, *, routing_id: int) -> Form:
    return Form(
        title="Answer the question back",
        verb="give_detail",
        value=str(routing_id),
        intro=(Text(text=detail, tone=Tone.QUOTE),),
        fields=(Field(name="detail", label="Your reply", kind=FieldKind.TEXT),),
    )


# ── what the asker is told ──────────────────────────────────────────────────────────────────────────────────────────


def asked(expert: str, question: str, *, question_id: int, unnamed: bool, again: bool = False) -> Card:
    lead = f"I have asked {expert} next." if again else f"I have asked {expert}."
    text = f"{lead} You will get the answer where you asked" + (", and your name is not shown." if unnamed else ".")
    return Card(
        summary=text,
        parts=(
            Text(text=cut(question, 300), tone=Tone.QUOTE),
            Text(text=text),
            Buttons(
                buttons=(
                    Button(label="It's solved", verb="solved", value=str(question_id)),
                    Button(label="Withdraw", verb="withdraw", value=str(question_id)),
                )
            ),
        ),
    )


def waiting(expert: str, question: str, *, when: str, question_id: int, anytime: bool) -> Card:
    """Nobody who knows is at work. `when` is on the asker's clock."""
    text = f"{expert} is at work again {when}; I ask then."
    value = str(question_id)
    buttons = [
        Button(label="It's solved", verb="solved", value=value),
        Button(label="Withdraw", verb="withdraw", value=value),
    ]
    if anytime:
        text += " If it cannot wait, they do not mind being asked at once."
        buttons.append(Button(label="Ask now anyway", verb="ask_now", value=value))
    return Card(
        summary=text,
        parts=(Text(text=cut(question, 300), tone=Tone.QUOTE), Text(text=text), Buttons(buttons=tuple(buttons))),
    )


def tell_moment(at: datetime, *, today: date) -> str:
    """A moment to come, on the clock of whoever reads it: "today at 14:00", "on Monday at 9:00"."""
    days = (at.date() - today).days
    if days == 0:
        day = "today"
    elif days == 1:
        day = "tomorrow"
    elif days < 7:
        day = f"on {at:%A}"
    else:
        day = f"on {at.day} {at:%B}"
    return f"{day} at {at.hour}:{at:%M}"


def ask_all(question: str, *, question_id: int) -> Card:
    """To the place of the last rung."""
    lead = "I found nobody to ask about this. Does somebody here know?"
    return Card(
        summary=f"{lead} {cut(question, 200)}",
        parts=(
            Text(text=lead),
            Text(text=question, tone=Tone.QUOTE),
            Buttons(
                buttons=(
                    Button(label="Answer", verb="take", value=str(question_id), style=Style.PRIMARY, opens_form=True),
                )
            ),
        ),
    )


def asked_all(name: str, question: str, *, question_id: int) -> Card:
    where = f"#{name}" if name else "the channel for such questions"
    text = f"I found nobody to ask myself, so I have asked in {where}. You will get the answer where you asked."
    value = str(question_id)
    return Card(
        summary=text,
        parts=(
            Text(text=cut(question, 300), tone=Tone.QUOTE),
            Text(text=text),
            Buttons(
                buttons=(
                    Button(label="It's solved", verb="solved", value=value),
                    Button(label="Withdraw", verb="withdraw", value=value),
                )
            ),
        ),
    )


def nobody(question: str) -> Card:
    text = (
        "I found nobody whom I could ask about this now. Your question is kept, without your name, among those that "
        "need an answer, and L&D sees it there."
    )
    return Card(summary=text, parts=(Text(text=cut(question, 300), tone=Tone.QUOTE), Text(text=text)))


def status_settled(question: str, what: str) -> Card:
    return Card(summary=what, parts=(Text(text=cut(question, 300), tone=Tone.QUOTE), Text(text=what, tone=Tone.QUIET)))


def detail_wanted(expert: str, question: str, detail: str, *, routing_id: int) -> Card:
    return Card(
        summary=f"{expert} asks back: {cut(detail, 200)}",
        parts=(
            Text(text=cut(question, 300), tone=Tone.QUOTE),
            Text(text=f"{expert} asks back:"),
            Text(text=detail, tone=Tone.QUOTE),
            Buttons(
                buttons=(
                    Button(
                        label="Reply", verb="give_detail", value=str(routing_id), style=Style.PRIMARY, opens_form=True
                    ),
                )
            ),
        ),
    )


def detail_given(asker: str, question: str, detail: str, *, routing_id: int) -> Card:
    return Card(
        summary=f"{asker} replied: {cut(detail, 200)}",
        parts=(
            Text(text=cut(question, 300), tone=Tone.QUOTE),
            Text(text=f"{asker} replied:"),
            Text(text=detail, tone=Tone.QUOTE),
            Buttons(
                buttons=(
                    Button(label="Answer", verb="answer", value=str(routing_id), style=Style.PRIMARY, opens_form=True),
                    Button(label="Pass", verb="pass", value=str(routing_id)),
                )
            ),
        ),
    )


def expert_answer(expert: str, question: str, answer: str, *, answer_id: int, corrected: bool = False) -> Card:
    """`corrected`: the expert has changed it since it was first sent."""
    said = f"{expert}, asked for you by Lanyard" + (" · corrected since" if corrected else "")
    return Card(
        summary=f"{expert} answers: {cut(' '.join(answer.split()), 200)}",
        parts=(
            Text(text=cut(question, 300), tone=Tone.QUOTE),
            Markdown(text=answer),
            Text(text=said, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="That helped", verb="helped", value=str(answer_id), style=Style.PRIMARY),
                    Button(label="Not what I need", verb="not_helped", value=str(answer_id)),
                )
            ),
        ),
    )
