"""Files that people send in chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Part, Style, Text, Tone
from bot.store.records import Aid
from bot.wording.asking import cut
from bot.wording.general import plain

READ = "Word, PowerPoint, PDF, HTML, Markdown, CSV and JSON Lines, and zips of them"
NO_DRAFTS = "There are no drafts of that file any more."
DECIDED = "What becomes of that file is decided already."
MOST_TITLES = 10
MOST_FAULTS = 5
LONGEST_FAULT = 400  # characters

_WRITE_INSTEAD = Buttons(buttons=(Button(label="Write a job aid", verb="new_aid", opens_form=True),))


def name_files(names: Sequence[str]) -> str:
    return f"“{cut(names[0], 80)}”" if len(names) == 1 else f"these {len(names)} files"


# ── not read ────────────────────────────────────────────────────────────────────────────────────────────────────────


def declined(names: Sequence[str], *, may_publish: bool, here: bool) -> Card:
    """`here`: it was sent to Lanyard alone."""
    what = name_files(names)
    text = f"I have neither read nor kept {what}, nor passed it on. "
    if may_publish and here:
        text += f"I read {READ}. What a picture shows, please write. "
    elif may_publish:
        text += "Send it to me by itself, in a direct message, and I draft job aids from it. "
    else:
        text += (
            "Files are taken in from experts and from L&D: give it to one of them. "
            "Or write the one thing that others should find as a job aid: I show it to L&D. "
        )
    text += "And if you have a question about it, write the question."
    return Card(summary=f"I have not read {what}.", parts=(Text(text=text), _WRITE_INSTEAD))


def unread(names: Sequence[str], *, by_itself: bool) -> Card:
    """The same, to whom the words beside them were taken. `by_itself`: sent so, it would be read."""
    what = name_files(names)
    text = (
        f"I took your words, but not {what}: I have not opened it, and a colleague whom I ask or answer for you does "
        "not get it either. If what it shows matters, please write that too."
    )
    if by_itself:
        text += " For job aids, send it to me by itself in a direct message."
    return Card(summary=f"I have not read {what}.", parts=(Text(text=text, tone=Tone.QUIET), _WRITE_INSTEAD))


# ── being read ──────────────────────────────────────────────────────────────────────────────────────────────────────


def being_read(names: Sequence[str], *, known: Sequence[str] = (), unread: Sequence[str] = ()) -> Card:
    """`known` are being read since before, `unread` are of kinds that nobody reads here."""
    sentences = []
    if names:
        sentences.append(f"I am reading {name_files(names)}, and tell you here what comes of it.")
    if known:
        sentences.append(f"I am at {name_files(known)} already.")
    if unread:
        sentences.append(f"I have not read {name_files(unread)}: I read {READ}.")
    text = " ".join(sentences)
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def not_had(name: str, reason: str) -> Card:
    text = f"I could not get “{cut(name, 80)}”. {reason}"
    return plain(text)


def came_to_nothing(name: str, reason: str) -> Card:
    text = f"Nothing came of “{cut(name, 80)}”. {reason}"
    return plain(text)


def not_read(name: str, reference: str) -> Card:
    text = (
        f"I could not read “{cut(name, 80)}”; that went wrong on my side, and nothing came of it. Send it again, or "
        f"save it in a simpler form; if it stays, tell us “{reference}”."
    )
    return plain(text)


def not_yours(name: str) -> Card:
    text = f"Nothing comes of “{cut(name, 80)}”: files are taken in from experts and from L&D."
    return plain(text)


# ── job aids ────────────────────────────────────────────────────────────────────────────────────────────────────────


def nothing_found(name: str, faults: Sequence[str]) -> Card:
    text = f"I found no job aid in “{cut(name, 80)}”."
    return Card(summary=text, parts=(Text(text=text), *_faults(faults)))


def nothing_new(name: str) -> Card:
    text = f"All that I found in “{cut(name, 80)}” is here already: you sent it before."
    return plain(text)


def drafted(file_id: int, name: str, drafts: Sequence[Aid], *, doubtful: int, faults: Sequence[str]) -> Card:
    """`doubtful` of them are worth a look."""
    lead = f"I drafted {count(len(drafts))} from “{cut(name, 80)}”. Nobody sees them before you publish them."
    titles = [f"• {cut(aid.title, 100)}" for aid in drafts[:MOST_TITLES]]
    if len(drafts) > MOST_TITLES:
        titles.append(f"… and {len(drafts) - MOST_TITLES} more")
    parts: list[Part] = [Text(text=lead), Text(text="\n".join(titles))]
    if doubtful:
        text = f"{count(doubtful)} of them {'has' if doubtful == 1 else 'have'} something that ages badly in it."
        parts.append(Text(text=text, tone=Tone.QUIET))
    parts += _faults(faults)
    parts.append(_decide(file_id, len(drafts), first=not doubtful))
    return Card(summary=lead, parts=tuple(parts))


def about_one(faults: Sequence[str]) -> tuple[Part, ...]:
    """What is said above the only draft of a file."""
    return (Text(text="I drafted one job aid. Nobody sees it before you publish it."), *_faults(faults))


def more_drafts(file_id: int, after: int, *, left: int) -> Card:
    text = f"{left} more {'draft waits' if left == 1 else 'drafts wait'}."
    button = Button(label="Show the next", verb="file_show", value=f"{file_id}.{after}")
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET), Buttons(buttons=(button,))))


def publishing(name: str, drafts: int) -> Card:
    text = f"I am publishing {count(drafts)} of “{cut(name, 80)}”, and tell you here when it is done."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def published(file_id: int, name: str, done: int, *, left: int) -> Card:
    """`left` wait, because something very similar is there already."""
    text = (
        f"✓ Published {count(done)} of “{cut(name, 80)}”." if done else f"Nothing of “{cut(name, 80)}” was published."
    )
    parts: list[Part] = [Text(text=text)]
    if left:
        more = (
            f"{count(left)} {'waits' if left == 1 else 'wait'} for you: something very similar is published already, "
            "or is not yours to publish."
        )
        parts += [Text(text=more), _decide(file_id, left, first=False, only_look=True)]
    return Card(summary=text, parts=tuple(parts))


def dropped(name: str, drafts: int) -> Card:
    text = f"{count(drafts)[:1].upper()}{count(drafts)[1:]} of “{cut(name, 80)}” dropped. What was published stays."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def count_people(number: int) -> str:
    return "one person" if number == 1 else f"{number:,} people"


def count(number: int) -> str:
    return "one job aid" if number == 1 else f"{number:,} job aids"


def _decide(file_id: int, drafts: int, *, first: bool, only_look: bool = False) -> Buttons:
    style = Style.PRIMARY if first else Style.PLAIN
    publish = Button(label=f"Publish all {drafts}", verb="file_publish", value=str(file_id), style=style)
    look = Button(
        label="Look at each",
        verb="file_show",
        value=f"{file_id}.0",
        style=Style.PLAIN if first else Style.PRIMARY,
    )
    drop = Button(label="Drop them", verb="file_drop", value=str(file_id), style=Style.DANGER)
    if only_look:
        return Buttons(buttons=(look, drop))
    return Buttons(buttons=(publish, look, drop) if first else (look, publish, drop))


def _faults(faults: Sequence[str]) -> list[Part]:
    if not faults:
        return []
    lines = [f"• {cut(fault, LONGEST_FAULT)}" for fault in faults[:MOST_FAULTS]]
    if len(faults) > MOST_FAULTS:
        lines.append(f"… and {len(faults) - MOST_FAULTS} more like these")
    return [Text(text="Not understood:\n" + "\n".join(lines), tone=Tone.QUIET)]


# ── lists of people ─────────────────────────────────────────────────────────────────────────────────────────────────


def no_list(name: str) -> Card:
    text = (
        f"“{cut(name, 80)}” names people. Lists are for campaigns, which L&D plans: give it to somebody there. I have "
        "not kept it."
    )
    return plain(text)


def no_campaign(name: str, people: int) -> Card:
    text = (
        f"“{cut(name, 80)}” names {count_people(people)}, and there is no campaign to put them on. Plan one with "
        "“nudge new”, then send me the list again. I have not kept it."
    )
    return plain(text)


def choose(
    file_id: int, name: str, people: int, campaigns: Sequence[tuple[int, str]], *, aids: bool, why: str = ""
) -> Card:
    """`campaigns` by id and name; `aids`: it could be job aids as well."""
    lead = f"“{cut(name, 80)}” names {count_people(people)}. For which campaign?"
    if aids:
        lead = f"“{cut(name, 80)}” can be read as job aids, and as a list of {count_people(people)}. What is it?"
    buttons = [
        Button(label=f"List of “{cut(campaign, 50)}”", verb="file_as_list", value=f"{file_id}.{campaign_id}")
        for campaign_id, campaign in campaigns
    ]
    if aids:
        buttons.insert(0, Button(label="Job aids", verb="file_as_aids", value=str(file_id)))
    buttons.append(Button(label="Forget it", verb="file_forget", value=str(file_id)))
    hint = "Not among these? Send it again with “list” and the campaign's name beside it."
    parts = (*((Text(text=why),) if why else ()), Text(text=lead), Text(text=hint, tone=Tone.QUIET))
    return Card(summary=lead, parts=(*parts, Buttons(buttons=tuple(buttons))))


def wrong_list(name: str, faults: Sequence[str]) -> Card:
    text = f"I cannot take “{cut(name, 80)}” as a list of people, so nobody of it was put on one."
    return Card(summary=text, parts=(Text(text=text), *_faults(faults)))


def listed(name: str, campaign: str, people: int, *, new: int, running: bool, campaign_id: int) -> Card:
    are = "is" if people == 1 else "are"
    text = f"✓ {count_people(people)} of “{cut(name, 80)}” {are} on the list of “{cut(campaign, 80)}”"
    text += f"; new on it: {new:,}."
    if running:
        text += " It is running: whoever is new is enrolled within a minute or so."
    show = Button(label="How it stands", verb="campaign_show", value=str(campaign_id))
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(show,))))


def forgotten(name: str) -> Card:
    text = f"I have forgotten “{cut(name, 80)}”."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))
