"""Looking after a job aid."""

from __future__ import annotations

from datetime import date

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
from bot.store.records import Aid
from bot.wording.asking import cut, format_day, source_line
from bot.wording.general import plain


def verified(aid: Aid) -> Card:
    text = f"✓ Job aid #{aid.number} is still true. I ask again in {aid.review_days} days."
    return plain(text)


def whole(aid: Aid, *, today: date, may_change: bool = False, may_look_back: bool = False) -> Card:
    """All that it says, and what whoever reads it may do about it."""
    value = str(aid.id)
    if may_change and aid.origin is not None:
        buttons = [Button(label="Still true", verb="still_true", value=value)]
    elif may_change:
        buttons = [
            Button(label="Still true", verb="still_true", value=value),
            Button(label="Edit", verb="edit_aid", value=value, opens_form=True),
            Button(label="Who looks after it", verb="care_aid", value=value, opens_form=True),
        ]
        buttons += [Button(label="Retire", verb="retire_aid", value=value)] if aid.status == "published" else []
    else:
        buttons = [Button(label="Suggest a change", verb="suggest_edit", value=value, opens_form=True)]
    if may_change or may_look_back:
        buttons.append(Button(label="History", verb="aid_history", value=value))
    parts = (*_what_it_says(aid, today=today), Buttons(buttons=tuple(buttons)))
    return Card(summary=f"Job aid #{aid.number}: {aid.title}", parts=parts)


def _what_it_says(aid: Aid, *, today: date) -> list[Part]:
    parts: list[Part] = [Heading(text=cut(aid.title, 140))]
    if aid.need:
        parts.append(Text(text=aid.need, tone=Tone.QUOTE))
    parts.append(Markdown(text=aid.body))
    if aid.links:
        parts.append(Links(links=tuple(Link(label=label, url=url) for label, url in aid.links)))
    locked = " · locked: only its owners change it" if aid.locked else ""
    parts.append(Text(text=source_line(aid, today=today) + locked, tone=Tone.QUIET))
    return parts + kept_elsewhere(aid)


def kept_elsewhere(aid: Aid) -> list[Part]:
    """Where it is changed, if that is not here."""
    if aid.origin is None:
        return []
    if aid.origin.startswith(("https://", "http://")):
        return [Links(links=(Link(label="Kept in a file, and changed there", url=aid.origin),))]
    return [Text(text=f"Kept in the file {aid.origin}, and changed there.", tone=Tone.QUIET)]


def no_such(phrase: str) -> Card:
    text = f"I find no job aid “{cut(phrase, 80)}”, or several. Give its number, as in “/lanyard aid 12”."
    return plain(text)


def review(aid: Aid, *, today: date, deputy: bool) -> Card:
    """The question to whoever looks after it, when the time has come."""
    lead = "Is this still true?" if not deputy else "Is this still true? Its owner has not said so; you are the deputy."
    value = str(aid.id)
    buttons: tuple[Button, ...] = (Button(label="Still true", verb="still_true", value=value, style=Style.PRIMARY),)
    if aid.origin is None:
        buttons += (
            Button(label="Edit", verb="edit_aid", value=value, opens_form=True),
            Button(label="Retire", verb="retire_aid", value=value),
            Button(label="Hand it over", verb="care_aid", value=value, opens_form=True),
        )
    since = (
        f"Last said to be true on {format_day(aid.verified_on)}." if aid.verified_on else "Nobody has checked it yet."
    )
    return Card(
        summary=f"{lead} #{aid.number} {cut(aid.title, 140)}",
        parts=(
            Text(text=f"{lead} {since}"),
            *_what_it_says(aid, today=today),
            Buttons(buttons=buttons),
        ),
    )


def retired(aid: Aid) -> Card:
    text = f"Job aid #{aid.number} is retired: nobody is answered from it any more, and answers in sight say so."
    again = Button(label="Bring it back", verb="restore_aid", value=str(aid.id))
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(again,))))


def restored(aid: Aid) -> Card:
    text = f"✓ Job aid #{aid.number} is back, and said to be true today."
    return plain(text)


# ── who looks after it ──────────────────────────────────────────────────────────────────────────────────────────────


def care_form(aid: Aid, *, owner: str, deputy: str) -> Form:
    """`owner` and `deputy` as they can be typed: an address, else a name."""
    return Form(
        title=f"Who looks after job aid #{aid.number}",
        verb="care_aid",
        value=str(aid.id),
        fields=(
            Field(name="owner", label="Owner", value=owner, hint="E-mail address or full name.", max_length=320),
            Field(
                name="deputy",
                label="Deputy",
                value=deputy,
                required=False,
                hint="Takes over when the owner leaves, and is asked when the owner does not reply.",
                max_length=320,
            ),
            Field(name="review_days", label="Ask whether it is still true every … days", value=str(aid.review_days)),
            Field(
                name="locked",
                label="Locked: only its owner and deputy may change it (safety, compliance)",
                kind=FieldKind.CHECK,
                value="yes" if aid.locked else "",
                required=False,
            ),
        ),
        submit="Save",
    )


NO_DAYS = "Give a number of days from 1 to 3650."
THE_SAME = "Owner and deputy are to be two people. Leave the deputy empty if there is none."


def care_settled(aid: Aid) -> Card:
    text = f"✓ Job aid #{aid.number} is looked after by {aid.owner_name}, and checked every {aid.review_days} days."
    return plain(text)


def given_to_you(aid: Aid, *, by: str, as_deputy: bool) -> Card:
    role = "be the deputy for" if as_deputy else "look after"
    text = f"{by} asks you to {role} job aid #{aid.number}, “{cut(aid.title, 140)}”."
    value = str(aid.id)
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Text(text="If that is not for you, hand it on.", tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Open", verb="open_aid", value=value),
                    Button(label="Hand it over", verb="care_aid", value=value, opens_form=True),
                )
            ),
        ),
    )
