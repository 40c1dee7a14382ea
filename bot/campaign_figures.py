"""What L&D sees of a campaign: reach, recall, application and what got in the way; nothing that points at few.

Delivery is told exactly, since it is what Lanyard did, with a name where it failed. What learners did is told by
`bot.shares`, as it was published last (`bot.store.doings`).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.shares import Share, share
from bot.store import Transaction
from bot.store.doings import FEWEST, Doings, Some
from bot.store.nudges import SENT, Tally
from bot.store.records import CampaignRecord
from scheduler.model import EnrolmentStatus

MOST_BARRIERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A share with its name; None where it is of too few to be shown."""

    label: str
    share: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFigures:
    """`steps` by their place in the plan, `recalled` by the week after the start; each bar is of people.

    `delivery` and `doings` are what it was made of, exact and for no eyes.
    """

    delivery: Tally
    doings: Doings
    reach: tuple[Bar, ...]
    steps: tuple[Bar, ...]
    recalled: tuple[Bar, ...]
    applied: tuple[Bar, ...]
    barriers: tuple[tuple[str, str | None], ...]  # in the learner's words, with the name of whoever added it

    def is_empty(self) -> bool:
        """Whether there is nothing at all to be drawn."""
        return not any(bar.share for bars in (self.reach, self.recalled, self.applied) for bar in bars)

    def last_recalled(self) -> Bar | None:
        """The latest week of which something may be told."""
        return next((bar for bar in reversed(self.recalled) if bar.share is not None), None)


async def read_figures(tx: Transaction, record: CampaignRecord) -> CampaignFigures:
    """For whoever may plan it; the caller has made sure of that. It may publish anew, so it wants to write."""
    doings = await tx.doings(record)
    return make_figures(
        record,
        await tx.tally(record.id),
        doings,
        sent=await tx.sent_of_steps(record.id),
        barriers=await tx.barriers_of(record.id, limit=MOST_BARRIERS),
    )


def make_figures(
    record: CampaignRecord,
    tally: Tally,
    doings: Doings,
    *,
    sent: dict[int, int],
    barriers: list[tuple[str, str | None]],
) -> CampaignFigures:
    learners = sum(tally.learners.values())
    reached = tally.nudges.get(SENT)
    told = doings.statuses
    everybody = sum(told.values())
    reach = [
        Bar(label="Reached", share=_exactly(reached.people if reached else 0, learners)),
        Bar(label="Did something with it", share=share(doings.responded)),
        Bar(label="Stopped it", share=share(Some(part=told.get(EnrolmentStatus.STOPPED, 0), whole=everybody))),
    ]
    if told.get(EnrolmentStatus.INVITED):
        invited = Some(part=told[EnrolmentStatus.INVITED], whole=everybody)
        reach.append(Bar(label="Invited, no yes so far", share=share(invited)))
    nothing = Some(part=0, whole=0)
    return CampaignFigures(
        delivery=tally,
        doings=doings,
        reach=tuple(reach),
        steps=tuple(
            Bar(label=str(number), share=share(_of_now(doings.steps.get(step, nothing), sent.get(step, 0))))
            for number, step in enumerate(record.step_ids, 1)
        ),
        recalled=tuple(Bar(label=f"Week {week}", share=share(some)) for week, some in sorted(doings.recalled.items())),
        applied=(
            Bar(label="Used it", share=share(doings.used)),
            Bar(label="Something got in the way", share=share(doings.hindered)),
        )
        if doings.used.whole
        else (),
        barriers=tuple(barriers),
    )


def _exactly(part: int, whole: int) -> Share | None:
    return Share(low=part, high=part, whole=whole, exact=True) if whole >= FEWEST else None


def _of_now(published: Some, sent: int) -> Some:
    return Some(part=published.part, whole=max(sent, published.whole))
