"""What L&D learns of a campaign: whom it reached and why not, and what it did, without pointing at anybody."""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Sender, Undeliverable
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command, note, start, summary
from tests.journeys.test_reinforcing_audiences import add

LINE = 'new "Till" to #store-berlin at 9:30: tip "One."; after 2 days tip "Two."'


def crowd(talk: Dialogue, number: int) -> list[str]:
    names = [f"learner{one}" for one in range(number)]
    for name in names:
        add(talk, name)
    return names


async def shown(talk: Dialogue, name: str = "Till") -> str:
    return text_of(note(await command(talk, "leila", f"show {name}")))


# ── delivery ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_was_not_reached_is_named_with_the_reason_and_tried_again_once(talk: Dialogue) -> None:
    await talk.has_consent()
    post = await start(talk, 'new "Till" to noor@x.example, @Tomasz at 9:30: tip "One."')
    await talk.passes(timedelta(0))  # what else is to be said that morning
    talk.clock.advance(HOUR)
    await talk.rounds.tick()
    talk.platform.faults.append(Undeliverable("The account was closed."))
    await talk.settle()
    await talk.presses("leila", post, "How it stands now")
    card = note(await talk.presses("leila", post, "Who was not reached"))
    told = text_of(card)
    assert "noor@x.example: no longer here, or on no connected platform" in told
    assert "Tomasz Okafor: The account was closed." in told
    talk.platform.people["noor"] = Sender(id="noor", name="Noor", email="noor@x.example", time_zone="Europe/Berlin")
    for _ in range(3):
        await talk.forges("leila", "campaign_retry", "2")
    await talk.passes(DAY)
    assert [text_of(one.card).count("A reminder: One.") for one in talk.seen_by("noor")] == [1]
    assert [text_of(one.card).count("A reminder: One.") for one in talk.seen_by("tomasz")] == [1]
    assert "Who was not reached" not in labels(note(await command(talk, "leila", "show Till")))


async def test_who_cannot_be_reached_yet_stays_to_be_tried_again(talk: Dialogue) -> None:
    await start(talk, 'new "Till" to noor@x.example at 9:30: tip "One."')
    await talk.passes(HOUR)
    assert "none of the 1 can be reached yet" in summary(await talk.forges("leila", "campaign_retry", "2"))
    assert "noor@x.example" in text_of(note(await talk.forges("leila", "campaign_unreached", "2")))


async def test_only_planners_learn_who_was_not_reached(talk: Dialogue) -> None:
    await start(talk, LINE)
    for verb in ("campaign_unreached", "campaign_retry"):
        assert "Only L&D" in summary(await talk.forges("amara", verb, "2"))


async def test_why_reminders_wait_is_told_in_counts_of_five_and_more(talk: Dialogue) -> None:
    names = crowd(talk, 8)
    await start(talk, LINE)
    for name in names[:6]:
        await command(talk, name, "pause")
    await talk.passes(HOUR)
    told = await shown(talk)
    assert "Put off, why: the learner paused all nudges: 5+" in told
    for name in names[:4]:
        await command(talk, name, "resume")
        await talk.rounds.tick()
        assert "Put off, why: the learner paused all nudges: 5+" in await shown(talk)
    await command(talk, names[4], "resume")
    await talk.rounds.tick()
    assert "Put off, why" not in await shown(talk)
