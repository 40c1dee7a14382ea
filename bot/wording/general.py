"""What is said whatever the journey."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import Button, Buttons, Card, Heading, Part, Prompts, Text, Tone
from bot.store.records import Person, Role
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


def help_card(person: Person) -> Card:
    parts: list[Part] = [
        Heading(text=f"Hello {person.name}, I am Lanyard."),
        Text(
            text="I am a bot. Ask me anything about your work, in your own words. I answer from short job aids. "
            "Where there is none, I ask a colleague who knows, and bring the answer back to you."
        ),
        Text(
            text="• Here: just write your question.\n"
            "• In a channel: mention me, or use /ask and only you see the answer.\n"
            "• /lanyard home: what is open for you. /lanyard topics: what colleagues may ask you, and how often.\n"
            "• open 12: a job aid in your browser; open alone: all that you may read.\n"
            "• /lanyard aid 12: all that job aid #12 says, and a way to suggest a change.\n"
            "• /nudge me: reminders for a goal of your own. /nudge list: the series you are in; you can stop each.\n"
            "• /lanyard privacy: what I keep of you, who sees it, and how to have it forgotten."
        ),
    ]
    if person.is_ld():
        parts.append(
            Text(
                text="• A Word document, a PDF or a table of job aids, sent to me here: I draft job aids from it.\n"
                "• /nudge: plan a campaign of nudges after a training. /nudge help shows how.\n"
                "• /lanyard gaps: what was asked and not answered. /lanyard figures: how it goes, in pictures.\n"
                "• /lanyard glossary: what our acronyms and own words stand for."
            )
        )
    if Role.ADMINISTRATOR in person.roles:
        parts.append(
            Text(
                text="• /lanyard people: who may do what, and who is in which group.\n"
                "• /lanyard fallback: who gets the questions that nobody else could answer.\n"
                "• /lanyard retention: how long what people said is kept.\n"
                "• /lanyard conduct: how sure and how patient I am.\n"
                "• /lanyard shadow: what I would have answered in channels."
            )
        )
    parts.append(Buttons(buttons=(Button(label="What can I ask?", verb="examples"),)))
    return Card(summary="How to use Lanyard", parts=tuple(parts))


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
