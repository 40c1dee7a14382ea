"""A campaign's figures in words: beside its picture in chat, on its page, and for whoever sees no pictures."""

from __future__ import annotations

from collections.abc import Sequence

from bot.campaign_figures import Bar, CampaignFigures
from bot.messages import Button, Buttons, Card, Heading, Image, Part, Text, Tone
from bot.store.doings import FEWEST
from bot.store.records import CampaignRecord
from bot.wording.asking import cut
from scheduler.model import Step

REACH, STEPS, RECALL, APPLYING, BARRIERS = (
    *("Reach", "Reminder by reminder", "Recall, week by week", "Put to use", "What got in the way"),
)
TOO_FEW = "too few to be shown"
NOTHING_YET = f"There is nothing to draw yet: figures begin with {FEWEST} people, shares with {2 * FEWEST}."
OWN = "A series of your own has no figures: nobody counts what you do."
CLOSED = (
    "Figures are for those who plan campaigns, and this browser has not said who you are.",
    "Write this to Lanyard, in Slack or Teams, and open the page from there:",
)
STEPS_ARE = "Who did something with each, of those who were sent it."
RECALL_IS = "Who knew all that they were asked, of those who graded themselves that week."
APPLYING_IS = "Of those who were asked whether they use it."
BARRIERS_ARE = "In the learners' own words. Please do not try to find out whose they are."
MOST_WEEKS = 6  # in a picture for chat, where more would be too heavy for Teams; the page has all
LONGEST_ALT = 1000  # characters, which is the least that any platform takes


def as_of(when: str) -> str:
    return (
        f"What people did, as of {when}. It is told in fives (the light part of a bar is what they leave open), and "
        f"anew once {FEWEST} people have done something more, so that nothing here points at anybody."
    )


def panels(figures: CampaignFigures) -> list[tuple[str, Sequence[Bar]]]:
    """What is drawn for chat, a panel each; none without anything in it."""
    all_ = [(REACH, figures.reach), (RECALL, figures.recalled[-MOST_WEEKS:]), (APPLYING, figures.applied)]
    return [(heading, bars) for heading, bars in all_ if bars]


def alt(name: str, figures: CampaignFigures) -> str:
    """Everything that the picture shows."""
    told = [
        f"{heading}: " + "; ".join(f"{bar.label} {bar.share or TOO_FEW}" for bar in bars)
        for heading, bars in panels(figures)
    ]
    return cut(f"“{name}” in bars. {'. '.join(told)}.", LONGEST_ALT)


def pictured(record: CampaignRecord, figures: CampaignFigures, picture: str, *, when: str, page: bool) -> Card:
    name = record.plan.name
    parts: list[Part] = [
        Heading(text=f"“{name}” in pictures"),
        Image(url=picture, alt=alt(name, figures)),
        Text(text=as_of(when), tone=Tone.QUIET),
    ]
    if page:
        button = Button(label="Open as a page", verb="campaign_page", value=str(record.id))
        parts.append(Buttons(buttons=(button,)))
    return Card(summary=f"“{name}” in pictures", parts=tuple(parts))


def nothing(name: str) -> Card:
    return Card(summary=f"“{name}”: nothing to draw yet.", parts=(Text(text=NOTHING_YET),))


def sent(name: str) -> Card:
    return Card(summary=f"The pictures of “{name}” are in our own conversation.")


def say_step(step: Step) -> str:
    """A step in a few words, as the page names it."""
    kind = step.kind.replace("_", "-").capitalize()
    return f"{kind}: {cut(' '.join(step.text.split()), 80)}" if step.text else kind
