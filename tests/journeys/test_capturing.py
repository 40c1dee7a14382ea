"""From an expert's answer to a published job aid: drafted by rules, compared with what is known, taken over once."""

from __future__ import annotations

import asyncio

from bot.messages import Note, Pressed
from tests.doubles.memory import PLATFORM, TENANT, Posted
from tests.journeys.dialogue import Dialogue, find_button, labels, text_of
from tests.journeys.test_routing import ANSWER, QUESTION, ask_expert


async def answered(talk: Dialogue, text: str = ANSWER, *, unnamed: bool = False) -> Posted:
    """The draft that the expert is shown."""
    await ask_expert(talk, unnamed=unnamed)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer=text)
    return talk.last("henrik")


async def known(talk: Dialogue, title: str, body: str, *, by: str = "mei") -> int:
    """A published aid; its number."""
    form = await talk.forges(by, "new_aid")
    outcome = await talk.submits(by, form, title=title, body=body, audience="everyone")
    if not isinstance(outcome, Note) or "Published" not in text_of(outcome.card):
        await talk.presses(by, talk.last(by), "Publish" if "Publish" in labels(talk.last(by).card) else "Keep both")
    async with talk.look() as tx:
        aids = [await tx.aid(aid_id) for aid_id in await tx.aid_keys()]
    return next(aid.number for aid in aids if aid.title == title)


async def test_what_only_the_expert_can_settle_is_marked_and_editing_comes_first(talk: Dialogue) -> None:
    draft = await answered(talk, "Hi Amara, ask Priya Santos tomorrow.\n\nCheers,\nHenrik")
    shown = text_of(draft.card)
    assert "Ask [which role or team?] tomorrow [24 November 2026?]." in shown
    assert "waits for you" in shown
    assert labels(draft.card)[:2] == ["Edit first", "Publish as it is"]


async def test_a_draft_that_says_the_same_adds_its_wording_and_is_dropped(talk: Dialogue) -> None:
    draft = await answered(talk)
    number = await known(talk, "The zip of a Heron 2 tent splits open", ANSWER)
    await talk.presses("henrik", draft, "Publish")
    await talk.presses("henrik", draft, f"Same as #{number}: add this wording")
    assert f"leads to job aid #{number}" in text_of(draft.card)
    await talk.says("tomasz", QUESTION)
    assert f"Job aid #{number} " in text_of(talk.last("tomasz").card)


async def test_a_better_draft_replaces_what_is_there_and_answers_in_sight_are_corrected(talk: Dialogue) -> None:
    number = await known(
        talk, "The zip of a Heron 2 tent splits open", "Take slider LK-1.\n2. Feed both in.", by="henrik"
    )
    await talk.says("tomasz", "The zip of a Heron 2 tent splits open")
    given = talk.last("tomasz")
    assert "LK-1" in text_of(given.card)
    draft = await answered(talk)
    await talk.presses("henrik", draft, "Publish")
    await talk.presses("henrik", draft, f"Replace #{number}")
    assert f"#{number} says this now" in text_of(draft.card)
    assert "LK-40718" in text_of(given.card)
    async with talk.look() as tx:
        aid = await tx.find_aid(f"#{number}", grants=frozenset({"everyone"}))
        assert aid is not None
        assert (await tx.versions(aid.id))[0].why.startswith("replaced by draft #")


async def test_what_is_somebody_elses_cannot_be_replaced(talk: Dialogue) -> None:
    draft = await answered(talk)
    number = await known(talk, "The zip of a Heron 2 tent splits open", ANSWER)
    await talk.presses("henrik", draft, "Publish")
    assert f"Replace #{number}" not in labels(draft.card)
    async with talk.look() as tx:
        other = await tx.find_aid(f"#{number}", grants=frozenset({"everyone"}))
    assert other is not None
    same = find_button(draft.card, f"Same as #{number}: add this wording").value
    refused = await talk.forges("henrik", "replace", f"{same}.{other.version}")
    assert isinstance(refused, Note)
    assert "Only its owner" in refused.card.summary


async def test_the_question_of_a_closed_place_never_becomes_the_wording_of_an_open_aid(talk: Dialogue) -> None:
    await known(talk, "Sick notes go into the blue folder", "Sick notes go into the blue folder, by the third day.")
    form = await talk.uses_on("leila", "Sick notes go into the blue folder, by the third day.", channel="people-team")
    await talk.submits("leila", form, channel="people-team", title="Burnout: sick notes go into the blue folder")
    draft = talk.last("leila")
    await talk.presses("leila", draft, next(label for label in labels(draft.card) if label.startswith("Same as")))
    async with talk.look() as tx:
        changes = await tx.knowledge_since(0)
    assert not any("Burnout" in phrasing for one in changes.upsert for phrasing in one.phrasings)


async def test_a_name_in_the_question_goes_neither_into_the_draft_nor_into_the_wording(talk: Dialogue) -> None:
    await talk.says("amara", "Amara Lindqvist here: which thread is for the seam of a Heron 9 xylophone?")
    await talk.presses("amara", talk.last("amara"), "Ask without my name")
    expert = talk.platform.posts[-2].to.person or talk.platform.posts[-1].to.person
    asked = [post for post in talk.platform.posts if "Can you help" in text_of(post.card)][-1]
    assert "Amara" not in text_of(asked.card)
    expert = asked.ref.conversation.removeprefix("dm-")
    label = next(label for label in labels(asked.card) if "nswer" in label)
    form = await talk.presses(expert, asked, label)
    await talk.submits(expert, form, answer="Use thread 40, and wax it twice before you sew.")
    draft = talk.last(expert)
    assert "Amara" not in text_of(draft.card)
    await talk.presses(expert, draft, "Publish")
    async with talk.look() as tx:
        changes = await tx.knowledge_since(0)
    (mine,) = [one for one in changes.upsert if "thread 40" in one.text]
    assert not any("Amara" in wording for wording in (mine.title, *mine.phrasings))


async def test_two_taps_on_publish_at_once_publish_once(talk: Dialogue) -> None:
    draft = await answered(talk)
    button = find_button(draft.card, "Publish")

    def press(key: str) -> Pressed:
        return Pressed(
            platform=PLATFORM,
            tenant=TENANT,
            key=key,
            sender=talk.platform.people["henrik"],
            place=talk._place("henrik", None, None),
            at=talk.clock(),
            verb=button.verb,
            value=button.value,
            message=draft.ref,
        )

    outcomes = await asyncio.gather(*(talk.conversation.receive(press(f"twice-{number}")) for number in range(2)))
    await talk.settle()
    assert sum(isinstance(one, Note) and "not a draft any more" in one.card.summary for one in outcomes) == 1
    async with talk.look() as tx:
        aid = await tx.find_aid("#43", grants=frozenset({"everyone"}))
        assert aid is not None
        assert len(await tx.versions(aid.id)) == 2
