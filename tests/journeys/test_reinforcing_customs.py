"""When reminders come for everybody, and the public holidays on which none does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.messages import FieldErrors, Form, Note
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command, draft, note, start, summary


async def form(talk: Dialogue, who: str = "leila") -> Form:
    found = await talk.forges(who, "customs")
    assert isinstance(found, Form), found
    return found


async def test_ld_changes_when_reminders_come_for_everybody(talk: Dialogue) -> None:
    shown = note(await command(talk, "leila", "settings"))
    assert labels(shown) == ["Change my reminders", "Fewer", "In my calendar", "Change for everybody"]
    outcome = await talk.submits("leila", await form(talk), nudge_at="10:15", country="germany", daily_cap="1")
    assert isinstance(outcome, Note)
    assert (await form(talk)).fields[6].value == "DE"
    post = await draft(talk, 'new "Till" to @Tomasz: tip "x"')
    assert "at 10:15" in text_of(post.card)
    assert "Never on: the public holidays of DE" in text_of(note(await command(talk, "tomasz", "settings")))


async def test_nobody_else_changes_them_by_button_or_by_form(talk: Dialogue) -> None:
    assert labels(note(await command(talk, "amara", "settings"))) == ["Change my reminders", "Fewer", "In my calendar"]
    opened = await form(talk)
    assert "Only L&D and administrators" in summary(await talk.forges("amara", "customs"))
    refused = await talk.submits("amara", opened, daily_cap="9")
    assert isinstance(refused, FieldErrors)
    assert "Only L&D and administrators" in refused.errors[""]
    assert (await form(talk)).fields[5].value == "2"


@pytest.mark.parametrize(
    ("fields", "wrong", "sentence"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "“Mars/Olympus”"),
        ({"working_days": ()}, "working_days", "at least"),
        ({"working_days": ("7",)}, "working_days", "the given days"),
        ({"quiet_from": ""}, "quiet_from", "both times"),
        ({"daily_cap": "0"}, "daily_cap", "1 to 10"),
        ({"country": "Atlantis"}, "country", "“Atlantis”"),
        ({"holidays": "2026-12-28, tomorrow"}, "holidays", "“tomorrow”"),
        ({"retention": "99"}, "retention", "70 to 97"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_changed(
    talk: Dialogue, fields: dict[str, str | tuple[str, ...]], wrong: str, sentence: str
) -> None:
    before = await form(talk)
    outcome = await talk.submits("leila", before, **({"nudge_at": "11:11"} | fields))  # type: ignore[arg-type]
    assert isinstance(outcome, FieldErrors)
    assert list(outcome.errors) == [wrong]
    assert sentence in outcome.errors[wrong]
    assert await form(talk) == before


async def test_nothing_comes_on_a_public_holiday_of_the_learners_own_country(talk: Dialogue) -> None:
    talk.clock.now = datetime(2026, 12, 24, 8, 0, tzinfo=UTC)
    reminders = await talk.forges("tomasz", "reminders")
    await talk.submits("tomasz", reminders, country="DE-BE")
    await start(talk, 'new "Till" to @Tomasz, @Henrik at 9:30 holidays US: after 1 day tip "x"')
    await talk.passes(DAY)
    await talk.passes(HOUR)
    assert talk.seen_by("tomasz") == []  # Christmas in Berlin
    assert talk.seen_by("henrik") == []  # and in the United States, which the campaign names for him
    await talk.passes(DAY)
    await talk.passes(2 * DAY)
    assert "x" in text_of(talk.last("tomasz").card)


async def test_a_country_that_is_none_is_refused_with_its_name(talk: Dialogue) -> None:
    outcome = await talk.submits("tomasz", await talk.forges("tomasz", "reminders"), country="Narnia")
    assert isinstance(outcome, FieldErrors)
    assert "“Narnia”" in outcome.errors["country"]


async def test_fewer_means_one_a_day_then_every_other_day_then_one_a_week_and_back(talk: Dialogue) -> None:
    steps = "; ".join(f'after {day} days tip "Tip {day}."' for day in range(5))
    await start(talk, f'new "Daily" to @Tomasz at 9:30: {steps}')
    await start(talk, f'new "Too" to @Tomasz at 9:30: {steps}')
    told = [text_of(note(await command(talk, "tomasz", "fewer"))) for _ in range(3)]
    assert "one a day, on Mondays, Tuesdays, Wednesdays, Thursdays and Fridays" in told[0]
    assert "on Mondays, Wednesdays and Fridays" in told[1]
    assert "on Mondays, from" in told[2]
    assert "One a week is the least" in summary(await command(talk, "tomasz", "fewer"))
    for _ in range(5):
        await talk.passes(DAY)
    assert len(talk.seen_by("tomasz")) == 0  # Monday is over, and the next one is not yet
    await talk.forges("tomasz", "nudges_usual")
    await talk.passes(2 * DAY)
    await talk.passes(HOUR)
    assert len(talk.seen_by("tomasz")) > 0
