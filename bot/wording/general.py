"""What is said whatever the journey."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import Button, Buttons, Card, Heading, Part, Prompts, Text, Tone
from bot.wording.asking import cut
from scheduler.moments import say_date
from scheduler.plan import to_wall


def plain(text: str) -> Card:
    return Card(summary=text, parts=(Text(text=text),))


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """In full, on the reader's clock: Tuesday, 1 December 2026, at 09:30."""
    wall = to_wall(moment, zone)
    return f"{say_date(wall.date())}, at {wall:%H:%M}"


def broken(reference: str) -> Card:
    text = f"That went wrong on my side, and nothing was changed. Please try again; if it stays, tell us “{reference}”."
    return plain(text)


def maybe_repeated() -> Part:
    return Text(text="You may have had this before: I could not tell whether it arrived.", tone=Tone.QUIET)


def help_card(name: str, *, is_ld: bool) -> Card:
    parts: list[Part] = [
        Heading(text=f"Hello {name}, I am Lanyard."),
        Text(
            text="Ask me anything about your work, in your own words. I answer from short job aids. "
            "Where there is none, I ask a colleague who knows, and bring the answer back to you."
        ),
        Text(
            text="• Here: just write your question.\n"
            "• In a channel: mention me, or use /ask and only you see the answer.\n"
            "• /lanyard home: what is open for you. /lanyard topics: what colleagues may ask you, and how often.\n"
            "• open 12: a job aid in your browser; open alone: all that you may read.\n"
            "• /lanyard aid 12: all that job aid #12 says, and a way to suggest a change.\n"
            "• /nudge me: reminders for a goal of your own. /nudge list: the series you are in; you can stop each."
        ),
    ]
    if is_ld:
        parts.append(
            Text(
                text="• /nudge: plan a campaign of nudges after a training. /nudge help shows how.\n"
                "• /lanyard gaps: what was asked and not answered.\n"
                "• /lanyard glossary: what our acronyms and own words stand for."
            )
        )
    parts.append(Buttons(buttons=(Button(label="What can I ask?", verb="examples"),)))
    return Card(summary="How to use Lanyard", parts=tuple(parts))


def files_declined(names: Sequence[str]) -> Card:
    """Nothing is read in chat, where nobody has seen what a file brings along and nobody answers for what it says."""
    what = _name_files(names)
    text = (
        f"I do not open files that are sent in chat: I have neither read nor kept {what}, nor passed it on. "
        "If it holds something that others should find, write that one thing here as a job aid. "
        "Whole documents come in through whoever runs Lanyard, who can import them or let me follow a folder. "
        "And if you have a question about it, write the question."
    )
    return Card(summary=f"I have not read {what}.", parts=(Text(text=text), _WRITE_INSTEAD))


def files_unread(names: Sequence[str]) -> Card:
    """The same, to whom the words beside them were taken."""
    what = _name_files(names)
    text = (
        f"I took your words, but not {what}: I do not open files that are sent in chat, and a colleague whom I ask or "
        "answer for you does not get them either. If what it shows matters, please write that too."
    )
    return Card(summary=f"I have not read {what}.", parts=(Text(text=text, tone=Tone.QUIET), _WRITE_INSTEAD))


def _name_files(names: Sequence[str]) -> str:
    return f"“{cut(names[0], 80)}”" if len(names) == 1 else f"these {len(names)} files"


_WRITE_INSTEAD = Buttons(buttons=(Button(label="Write a job aid", verb="new_aid", opens_form=True),))


MOST_PROMPTS = 4


def prompts(titles: list[str]) -> Prompts:
    return Prompts(lead="Ask in your own words, or begin with one of these", prompts=tuple(titles[:MOST_PROMPTS]))


def examples(titles: list[str]) -> Card:
    if not titles:
        text = "There are no job aids yet. Ask all the same: I will look for a colleague who knows."
        return plain(text)
    listed = "\n".join(f"• {title}" for title in titles)
    return Card(
        summary="Some of what I know",
        parts=(Text(text="Some of what I know; ask in your own words:"), Text(text=listed)),
    )
