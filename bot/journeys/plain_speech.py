"""What is asked for in plain words, without “nudge” before it: “remind me …”, “remind everyone in #support …”, and the
verbs with a name that is known: “pause Refund basics”, “stop Refund basics”.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.journeys import audiences, reinforcing
from bot.journeys.picking import plain_words
from bot.journeys.replies import show
from bot.store.campaigns import ME
from bot.store.records import Person
from bot.turn import Turn
from bot.wording.series import ask_of_what
from scheduler.commands import HERE, Control, NewCampaign, Verb
from scheduler.own_phrases import LONGEST, read_reminder
from scheduler.phrases import parse

_OTHERS = re.compile(
    r"(?:(?:please|can|could|would|will|you|hey|lanyard)[\s,]+)*remind\s+(?P<who>\S.{0,78}?)\s+(?P<what>(?:to|that|about)\s.+)",
    re.IGNORECASE | re.DOTALL,
)
_SUCH = r"(?:(?:the|these|those|this|my|your|any|all|all my|all these|all the) )?(?:reminders?|nudges?|series)"
_LISTED = re.compile(
    rf"(?:what|which) (?:reminders|nudges|series)(?: (?:do|will) i (?:get|have)| am i in| are there| come to me)?"
    rf"|when (?:is|comes|will be) (?:my|the) next (?:reminder|nudge)(?: come)?"
    rf"|(?:(?:show|list|see)(?: me)? )?(?:all )?my (?:reminders|nudges|series)"
    rf"|i (?:dont|do not) want (?:{_SUCH}|these|those|them|any)(?: any ?more)?"
    rf"|(?:how (?:do|can) i |please |can you )?(?:stop|unsubscribe from|turn off|switch off|end|get rid of)"
    rf"(?: sending)?(?: me)? {_SUCH}(?: please)?"
    rf"|stop (?:reminding|nudging) me"
)
_FEWER = re.compile(
    r"(?:(?:i (?:get|have|want)|this is|these are|there are|please|can i (?:get|have)) )?(?:far |way )?"
    r"(?:too many|fewer|less|not so many) (?:of )?(?:these )?(?:reminders|nudges)(?: please)?"
    r"|(?:change|set) (?:when )?(?:my reminders|reminders reach me)"
)
_OF_NOTHING = re.compile(
    r"(?:(?:please|can|could|would|will|you|hey|lanyard) )*(?:remind me|set (?:a |me a )?reminder|set up a reminder)"
    r"(?: (?:please|later|today|tomorrow|(?:on )?\w+day|at [\d ]+(?:am|pm|h)?|in (?:an?|\d+) \w+|next \w+|again|soon))*"
)
_AROUND = re.compile(r"^(?:(?:ok|okay|please)[\s,]+)+|(?:[\s,]+(?:please|thanks|now))*[\s.!…]*$", re.IGNORECASE)
_IN_OTHER_WORDS = re.compile(
    r"(?:(?:please|can|could|would|will|you|hey|lanyard)[\s,]+)*"
    r"(?:(?:set|create|make|add|schedule)(?: me| up)? (?:a|another|my) reminder(?: for me)?"
    r"|reminder(?=\s*[:–-]|\s+to\s)|(?:don['’]?t|do not) let me forget)[\s:,–-]+(?:for\s+)?(?P<what>.+)",
    re.IGNORECASE | re.DOTALL,
)
_MOST_WORDS = 12  # of a verb and a name
_OF_PLANNERS = {
    *(Verb.SHOW, Verb.FIGURES, Verb.PREVIEW, Verb.DRY_RUN, Verb.START, Verb.PAUSE),
    *(Verb.RESUME, Verb.END, Verb.COPY, Verb.EDIT),
}
_OF_LEARNERS = {Verb.STOP, Verb.SNOOZE}


async def take(turn: Turn, text: str) -> bool:
    """Do it. False where nothing of the kind is asked for."""
    if len(text) > LONGEST:
        return False
    if turn.is_direct() and await _about_reminders(turn, text):
        return True
    return await _remind(turn, text) or (turn.is_direct() and await _steer(turn, text))


async def _about_reminders(turn: Turn, text: str) -> bool:
    """What somebody wants to know or to change of all they get; they choose below it."""
    said = plain_words(text)
    if _LISTED.fullmatch(said):
        await reinforcing.nudge_typed(turn, "list")
    elif _FEWER.fullmatch(said):
        await reinforcing.nudge_typed(turn, "settings")
    elif _OF_NOTHING.fullmatch(said):
        await show(turn, ask_of_what())
    else:
        return False
    return True


async def _remind(turn: Turn, text: str) -> bool:
    if not any(word in text[:40].casefold() for word in ("remind", "forget")):
        return False
    now = await reinforcing.wall(turn)
    said = _IN_OTHER_WORDS.match(text.strip())
    reminder = read_reminder(f"remind me {said['what']}" if said else text, now=now)
    if reminder is not None:
        await reinforcing.draft(turn, reminder.to_campaign(), (ME,))
        return True
    asked = _OTHERS.match(text.strip())
    reminder = read_reminder(f"remind me {asked['what']}", now=now) if asked else None
    if asked is None or reminder is None:
        return False
    read = parse(f'new "x" to {asked["who"]}: tip "x"', today=now.date())
    if not isinstance(read, NewCampaign) or not await _are_meant(turn, read.audience):
        return False
    plan = replace(reminder.to_campaign(), own=False, purpose="")
    await reinforcing.draft(turn, plan, read.audience)
    return True


async def _are_meant(turn: Turn, entries: Sequence[str]) -> bool:
    """Whether these are people here, and not “customers”, or “the printer”."""
    async with turn.look() as tx:
        everyone: Sequence[Person] = await tx.everyone()
    return bool(entries) and all(
        entry != ME and (entry == HERE or entry[:1] in {"#", "@", "<"} or audiences.is_somebody(entry, everyone))
        for entry in entries
    )


async def _steer(turn: Turn, text: str) -> bool:
    """A verb and the whole name of something that it can be done to; anything less is a question."""
    said = _AROUND.sub("", text.strip())
    if "?" in said or len(said.split()) > _MOST_WORDS:
        return False
    control = parse(said, today=turn.now.date())
    if not isinstance(control, Control) or not control.name or control.verb not in _OF_PLANNERS | _OF_LEARNERS:
        return False
    name = " ".join(control.name.split()).casefold()
    async with turn.look() as tx:
        mine = await tx.enrolments_of(turn.person.id, lock=False)
        of_learner = await tx.campaigns_by_id({one.campaign_id for one in mine})
        planned = {record.plan.name.casefold() for record in await tx.campaigns(by=turn.person)}
    if control.verb in _OF_LEARNERS and name in {record.plan.name.casefold() for record in of_learner.values()}:
        await reinforcing.nudge_typed(turn, said)
    elif name in planned:  # whoever plans it and says “stop” chooses below how it stands
        await reinforcing.nudge_typed(turn, f'show "{control.name}"' if control.verb in _OF_LEARNERS else said)
    else:
        return False
    return True
