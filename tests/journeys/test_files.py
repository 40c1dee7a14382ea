"""Files sent in chat: drafted as the import takes them, for who may publish; lists of people put on campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from bot.journeys import reading
from bot.messages import Said, TryLater
from bot.reading import ATTEMPTS
from bot.store import DuplicateError
from bot.store import tables as t
from bot.store.records import Aid, Stage
from knowledge.model import Status
from scheduler.roster import Named
from tests.doubles import documents as made
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.journeys.test_reinforcing import draft, note, start

LD, EXPERT, MEMBER = "leila", "rafael", "amara"
ONE = b"# Reset the scale\n\nHold both buttons until it shows 0.\n"
TABLE = (
    b"title,body\n"
    b"Reset the scale,Hold both buttons until it shows 0.\n"
    b"Order labels,Ask the stores for roll 7714.\n"
    b"Close the till,Count and sign the sheet.\n"
)
PEOPLE = b"email,name\nada@larkspur.example,Ada\nbo@larkspur.example,Bo\n"
EITHER = b"title,body,email\nReset the scale,Hold both buttons,ada@larkspur.example\n"
CAMPAIGN = 'new "Till" to #store-berlin at 9:30: tip "One."; after 2 days tip "Two."'
OTHER = 'new "Lift" to #store-berlin at 9:30: tip "Both hands."'


async def drafts(talk: Dialogue) -> list[Aid]:
    async with talk.look() as tx:
        found = (await tx.db.execute(select(t.JobAid.id).where(t.JobAid.source == "file"))).scalars().all()
        return list((await tx.aids_by_id(found)).values())


async def rows(talk: Dialogue) -> Sequence[tuple[str, bytes | None]]:
    async with talk.look() as tx:
        found = await tx.db.execute(select(t.SentFile.stage, t.SentFile.content).order_by(t.SentFile.id))
        return [(row.stage, row.content) for row in found]


async def sends(talk: Dialogue, who: str, name: str, content: bytes, text: str = "") -> str:
    """Returns all that they read because of it."""
    before = len(talk.seen_by(who))
    await talk.says(who, text, files={name: content})
    return "\n".join(text_of(post.card) for post in talk.seen_by(who)[before:])


async def only_sends(talk: Dialogue, who: str, name: str, content: bytes) -> None:
    """Send it; it waits to be read."""
    file = talk.puts_in(name, content)
    key = f"waits-{len(talk.platform.posts)}-{name}"
    await talk._hear(Said(**talk._heard(who, key), text="", message=key, attached=(name,), files=(file,)))
    await talk.conversation.work_off()


async def run_out(talk: Dialogue) -> None:
    """As if every lease, and every wait, had run out."""
    async with talk.store.database.write() as db:
        now = datetime.now(UTC)
        await db.execute(update(t.SentFile).where(t.SentFile.due_at.is_not(None)).values(due_at=now))


async def listed(talk: Dialogue, campaign: int = 2) -> list[Named]:
    async with talk.look() as tx:
        return await tx.listed(campaign)


# ── job aids ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_job_aid_in_a_file_is_drafted_and_published_with_one_tap(talk: Dialogue) -> None:
    told = await sends(talk, LD, "scale.md", ONE)
    assert "I am reading “scale.md”" in told
    (aid,) = await drafts(talk)
    assert (aid.title, aid.status) == ("Reset the scale", Status.DRAFT)
    await talk.says(MEMBER, "How do I reset the scale?")
    assert "Hold both buttons" not in text_of(talk.last(MEMBER).card)
    card = talk.last(LD)
    assert "Hold both buttons until it shows 0." in text_of(card.card)
    await talk.presses(LD, card, "Publish")
    (aid,) = await drafts(talk)
    assert aid.status == Status.PUBLISHED
    await talk.says("tomasz", "How do I reset the scale?")
    assert "Hold both buttons" in text_of(talk.last("tomasz").card)


async def test_a_word_document_is_read_in_the_child_and_its_sender_looks_after_it(talk: Dialogue) -> None:
    content = made.word(made.paragraph("Refunds of vouchers", "Heading1"), made.paragraph("Scan the voucher twice."))
    assert "Scan the voucher twice." in await sends(talk, EXPERT, "Refunds.DOCX", content, "please import this")
    (aid,) = await drafts(talk)
    async with talk.look() as tx:
        assert aid.owner_id == (await tx.known_person("memory", "test", EXPERT)).id  # type: ignore[union-attr]


async def test_several_job_aids_are_published_at_once_or_looked_at_or_dropped(talk: Dialogue) -> None:
    told = await sends(talk, LD, "table.csv", TABLE)
    assert "I drafted 3 job aids from “table.csv”" in told
    card = talk.last(LD)
    assert labels(card.card) == ["Publish all 3", "Look at each", "Drop them"]
    await talk.presses(LD, card, "Look at each")
    assert ["Publish" in labels(post.card) for post in talk.seen_by(LD)[-3:]] == [True, True, True]
    await talk.presses(LD, talk.last(LD), "No, drop it")
    await talk.presses(LD, card, "Publish all 3")
    assert "✓ Published 2 job aids" in text_of(talk.last(LD).card)
    assert sorted((aid.title, aid.status) for aid in await drafts(talk)) == [
        ("Order labels", Status.PUBLISHED),
        ("Reset the scale", Status.PUBLISHED),
    ]
    assert "no drafts of that file any more" in text_of(note(await talk.forges(LD, "file_publish", "1")))


async def test_dropping_them_drops_drafts_alone(talk: Dialogue) -> None:
    await sends(talk, LD, "table.csv", TABLE)
    card = talk.last(LD)
    await talk.presses(LD, card, "Look at each")
    await talk.presses(LD, talk.last(LD), "Publish")
    await talk.presses(LD, card, "Drop them")
    assert [aid.status for aid in await drafts(talk)] == [Status.PUBLISHED]
    assert "2 job aids of “table.csv” dropped" in text_of(card.card)


async def test_what_is_like_a_published_one_waits_for_its_sender(talk: Dialogue) -> None:
    await sends(talk, LD, "scale.md", ONE)
    await talk.presses(LD, talk.last(LD), "Publish")
    await sends(talk, LD, "table.csv", TABLE)
    await talk.presses(LD, talk.last(LD), "Publish all 3")
    told = talk.last(LD)
    assert "✓ Published 2 job aids" in text_of(told.card)
    assert "one job aid waits for you" in text_of(told.card)
    await talk.presses(LD, told, "Look at each")
    assert "Same as “Reset the scale”" in labels(talk.last(LD).card)


async def test_the_pieces_of_one_file_may_be_like_each_other(talk: Dialogue) -> None:
    twins = b"".join(
        b"Reset scale %d,Hold both buttons of it until the display shows 0.\n" % number for number in (1, 2, 3)
    )
    await sends(talk, LD, "table.csv", b"title,body\n" + twins)
    await talk.presses(LD, talk.last(LD), "Publish all 3")
    assert "✓ Published 3 job aids" in text_of(talk.last(LD).card)
    await sends(talk, LD, "another.csv", b"title,body\n" + twins)
    await talk.presses(LD, talk.last(LD), "Publish all 3")
    assert "Nothing of “another.csv” was published" in text_of(talk.last(LD).card)


async def test_what_is_not_understood_is_told_by_its_line_and_the_rest_is_drafted(talk: Dialogue) -> None:
    told = await sends(talk, LD, "table.csv", TABLE + b"No body at all,\n")
    assert "I drafted 3 job aids" in told
    assert "table.csv, line 5: The body is missing." in told


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("bomb.docx", made.zipped({"word/document.xml": "0" * 30_000_000}), "zip bomb"),
        ("empty.pdf", b"", "It is empty."),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 90, "its content is"),
        ("broken.docx", b"PK\x03\x04" + b"\0" * 50, "damaged"),
        ("latin.md", "# Tür\n\nZu.".encode("latin-1"), "not UTF-8"),
        ("odd.csv", b"a,b\n1,2\n", "no column title or body"),
        ("nested.jsonl", b"[" * 100_000, "not JSON"),
        ("nul\x00.md", b"# A\x00B\n\n\x00", ""),
        ("../../etc/passwd.md", b"", "title is missing"),
        ("x" * 10_000 + ".md", b"", "title is missing"),
        ("👩‍👩‍👧‍👦" * 400 + ".md", b"", "title is missing"),
        ("\ud800 \u202e.md", b"", "title is missing"),
        (".md", b"", ""),
    ],
)
async def test_an_odd_file_is_refused_in_words_and_takes_nothing_along(
    talk: Dialogue, name: str, content: bytes, why: str
) -> None:
    told = await sends(talk, LD, name, content)
    assert why in told
    assert "went wrong" not in told
    assert await talk.store.inbox.pending() == 0
    assert not await talk.store.files.any_due()
    assert len(told) < 5_000


async def test_too_many_job_aids_are_not_drafted_in_part(talk: Dialogue) -> None:
    rows_ = b"".join(b"Aid %d,Body %d\n" % (number, number) for number in range(reading.MOST_AIDS + 1))
    assert "more than 300 job aids" in await sends(talk, LD, "all.csv", b"title,body\n" + rows_)
    assert await drafts(talk) == []


async def test_an_expert_drafts_for_their_own_groups_alone_and_looks_after_it(talk: Dialogue) -> None:
    table = (
        b"title,body,audience,owner,locked\n"
        b"For stores,One.,group:stores,amara.lindqvist@larkspur.example,yes\n"
        b"For finance,Two.,group:finance,,\n"
    )
    told = await sends(talk, EXPERT, "table.csv", table)
    assert "“For finance”: It is for group:finance, which you are not in." in told
    (aid,) = await drafts(talk)
    assert (aid.title, aid.owner_name, aid.locked) == ("For stores", "Rafael Tamm", False)
    assert "“For finance”" not in await sends(talk, LD, "table.csv", table)
    assert {aid.title for aid in await drafts(talk)} == {"For stores", "For finance"}


async def test_l_and_d_may_name_who_looks_after_it_and_can_still_publish(talk: Dialogue) -> None:
    table = b"title,body,owner,audience\nReset,Hold both.,rafael.tamm@larkspur.example,group:stores\n"
    await sends(talk, LD, "table.csv", table)
    (aid,) = await drafts(talk)
    assert aid.owner_name == "Rafael Tamm"
    await talk.presses(LD, talk.last(LD), "Publish")
    assert [aid.status for aid in await drafts(talk)] == [Status.PUBLISHED]


# ── who, and where ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_member_is_told_what_they_can_do_and_nothing_is_fetched(talk: Dialogue) -> None:
    told = await sends(talk, MEMBER, "scale.md", ONE)
    assert "neither read nor kept “scale.md”" in told
    assert "experts and from L&D" in told
    assert labels(talk.last(MEMBER).card) == ["Write a job aid"]
    assert talk.platform.fetched == []
    assert await rows(talk) == []


async def test_somebody_else_cannot_decide_about_a_file(talk: Dialogue) -> None:
    await sends(talk, EXPERT, "table.csv", TABLE)
    for verb, value in (("file_publish", "1"), ("file_show", "1.0"), ("file_drop", "1"), ("file_forget", "1")):
        assert "do not have that file" in text_of(note(await talk.forges(MEMBER, verb, value)))
        assert "do not have that file" in text_of(note(await talk.forges(LD, verb, value)))
    assert len(await drafts(talk)) == 3


async def test_who_is_no_expert_any_more_when_it_is_read_gets_nothing_drafted(talk: Dialogue) -> None:
    await only_sends(talk, EXPERT, "table.csv", TABLE)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        person = await tx.known_person("memory", "test", EXPERT)
        assert person is not None
        await tx.change_roles(person.id, roles=["member"], by=None)
    await talk.settle()
    assert "Nothing comes of “table.csv”" in text_of(talk.last(EXPERT).card)
    assert await drafts(talk) == []


async def test_a_file_in_a_channel_is_left_alone_unless_lanyard_is_addressed(talk: Dialogue) -> None:
    await talk.says(LD, "", channel="support-desk", files={"scale.md": ONE})
    assert talk.platform.posts == []
    await talk.says(LD, "", channel="support-desk", mentioned=True, files={"scale.md": ONE})
    assert "Send it to me by itself, in a direct message" in text_of(talk.last(LD).card)
    assert talk.last(LD).to.person == LD  # nobody else reads it
    assert talk.platform.fetched == []


async def test_a_question_beside_a_file_is_answered_and_the_file_read(talk: Dialogue) -> None:
    told = await sends(talk, LD, "scale.md", ONE, "How much may I refund without approval?")
    assert "150 EUR" in told
    assert "Reset the scale" in told


async def test_of_several_files_those_that_are_read_are_and_the_others_named(talk: Dialogue) -> None:
    await talk.says(LD, "", files={"scale.md": ONE, "table.csv": TABLE}, attached=("photo.heic",))
    told = "\n".join(text_of(post.card) for post in talk.seen_by(LD))
    assert "I am reading these 2 files" in told
    assert "I have not read “photo.heic”" in told
    assert len(await drafts(talk)) == 4


async def test_a_file_without_a_name_is_fetched_and_known_by_the_one_that_its_platform_gives(talk: Dialogue) -> None:
    for told_as, name, comes in (("a file", "scale.md", "Reset the scale"), ("another", "film.mov", "I read Word")):
        file = replace(talk.puts_in(name, ONE), name=told_as)
        before = len(talk.seen_by(LD))
        await talk._hear(Said(**talk._heard(LD, told_as), text="", attached=(told_as,), files=(file,)))
        await talk.settle()
        assert comes in "\n".join(text_of(post.card) for post in talk.seen_by(LD)[before:])


# ── lists of people ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_list_is_put_on_the_campaign_that_the_words_name(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    told = await sends(talk, LD, "people.csv", PEOPLE, "list Till")
    assert "✓ 2 people of “people.csv” are on the list of “Till”; new on it: 2." in told
    assert [one.email for one in await listed(talk)] == ["ada@larkspur.example", "bo@larkspur.example"]
    assert await drafts(talk) == []


async def test_whoever_is_put_on_the_list_of_a_running_campaign_is_enrolled(talk: Dialogue) -> None:
    await start(talk, CAMPAIGN)
    assert "enrolled within a minute" in await sends(talk, LD, "people.csv", PEOPLE, "list for Till")
    await talk.house.gathering.work_off()
    async with talk.look() as tx:
        enrolled = await tx.people_by_id(await tx.enrolled_in(2))
    assert {"ada@larkspur.example", "bo@larkspur.example"} <= {one.email for one in enrolled.values()}


async def test_a_list_without_words_is_asked_about_by_buttons(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    await draft(talk, OTHER)
    await sends(talk, LD, "people.csv", PEOPLE)
    card = talk.last(LD)
    assert labels(card.card)[:2] == ["List of “Lift”", "List of “Till”"]
    await talk.presses(LD, card, "List of “Till”")
    assert "are on the list of “Till”" in text_of(talk.last(LD).card)
    assert len(await listed(talk)) == 2
    assert len(talk.platform.fetched) == 1  # it was kept meanwhile, and is not any more
    assert await rows(talk) == [("done", None)]
    assert "decided already" in text_of(note(await talk.forges(LD, "file_as_list", "1.3")))


async def test_a_table_that_could_be_either_is_asked_about(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    await sends(talk, LD, "table.csv", EITHER)
    assert "can be read as job aids, and as a list of one person" in text_of(talk.last(LD).card)
    assert "[List of “Till”]" in text_of(talk.last(LD).card)
    await talk.presses(LD, talk.last(LD), "Job aids")
    assert "unknown: email" in text_of(talk.last(LD).card)  # what it takes to be one
    assert "unknown: email" in await sends(talk, EXPERT, "table.csv", EITHER)  # who plans no campaigns is not asked


async def test_words_say_what_a_table_is(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    assert "unknown: email" in await sends(talk, LD, "table.csv", EITHER, "Please import these job aids")
    assert "on the list of “Till”" in await sends(talk, LD, "table.csv", EITHER, "this is the list for till")
    assert "No column holds e-mail addresses" in await sends(talk, LD, "aids.csv", TABLE, "list Till")


async def test_a_list_can_be_forgotten(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    await sends(talk, LD, "people.csv", PEOPLE)
    await talk.presses(LD, talk.last(LD), "Forget it")
    assert await rows(talk) == [("done", None)]
    assert await listed(talk) == []


async def test_an_unknown_name_beside_a_list_asks_with_those_there_are(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    told = await sends(talk, LD, "people.csv", PEOPLE, "list Onboarding May")
    assert "There is none called “Onboarding May”" in told
    assert "[List of “Till”]" in told


async def test_wrong_lines_of_a_list_are_named_and_nobody_is_put_on(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    told = await sends(talk, LD, "people.csv", PEOPLE + b"nobody,X\n", "list Till")
    assert "people.csv, line 4: “nobody” is no e-mail address." in told
    assert await listed(talk) == []


async def test_lists_are_for_those_who_plan_campaigns(talk: Dialogue) -> None:
    await draft(talk, CAMPAIGN)
    assert "which L&D plans" in await sends(talk, EXPERT, "people.csv", PEOPLE, "list Till")
    assert await listed(talk) == []
    await sends(talk, "mei", "people.csv", PEOPLE, "list Till")  # an administrator may
    assert len(await listed(talk)) == 2


# ── nothing lost, nothing twice ─────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_message_delivered_twice_is_read_once(talk: Dialogue) -> None:
    for _ in range(2):
        await talk.says(LD, "", files={"table.csv": TABLE}, key="the-same")
    assert len(talk.platform.fetched) == 1
    assert len(await drafts(talk)) == 3


async def test_the_same_file_sent_again_drafts_only_what_is_not_there(talk: Dialogue) -> None:
    await sends(talk, LD, "table.csv", TABLE)
    await talk.presses(LD, talk.last(LD), "Publish all 3")
    assert "is here already" in await sends(talk, LD, "table.csv", TABLE)
    assert len(await drafts(talk)) == 3


async def test_two_files_without_words_are_no_twins(talk: Dialogue) -> None:
    """Some platforms deliver a message twice under two keys; what differs in its files is another message."""
    one, other = talk.puts_in("scale.md", ONE), talk.puts_in("table.csv", TABLE)
    for key, file in (("1", one), ("2", other), ("1 anew", one)):
        said = {"text": "", "attached": (file.name,), "files": (file,), "may_come_anew": True}
        await talk._hear(Said(**talk._heard(LD, key), **said))  # type: ignore[arg-type]
    await talk.settle()
    assert len(await drafts(talk)) == 4
    assert len(talk.platform.fetched) == 2


async def test_a_file_in_the_thread_of_an_assistant_is_read_and_answered_there(talk: Dialogue) -> None:
    await talk.says(LD, "", thread="pane-1", files={"scale.md": ONE})
    assert len(await drafts(talk)) == 1
    assert {post.ref.thread for post in talk.seen_by(LD)} == {"pane-1"}


async def test_a_file_that_is_being_read_is_not_begun_again(talk: Dialogue) -> None:
    await only_sends(talk, LD, "table.csv", TABLE)
    await talk.says(LD, "", files={"table.csv": TABLE})
    told = "\n".join(text_of(post.card) for post in talk.seen_by(LD))
    assert "I am at “table.csv” already." in told
    assert len(await drafts(talk)) == 3


async def test_broken_off_anywhere_it_is_done_again_and_once(talk: Dialogue) -> None:
    """The next one begins anew when the lease of the dead has run out, whose late commit leaves no trace."""
    await only_sends(talk, LD, "table.csv", TABLE)
    dead = await talk.store.files.claim(lease="of the dead")
    assert dead is not None
    assert await talk.house.reading.work_off() == 0  # while the lease lasts
    await run_out(talk)
    assert await talk.house.reading.work_off() == 1
    with pytest.raises(DuplicateError):
        await reading.read_file(talk.house.services, dead)
    await talk.settle()
    assert len(await drafts(talk)) == 3
    assert sum("I drafted" in text_of(post.card) for post in talk.seen_by(LD)) == 1


async def test_publishing_that_was_broken_off_goes_on(talk: Dialogue) -> None:
    await sends(talk, LD, "table.csv", TABLE)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        person = await tx.known_person("memory", "test", LD)
        assert person is not None
        await tx.put_forward(await tx.sent_file(1, by=person), Stage.PUBLISH)
    broken = await talk.store.files.claim(lease="of the dead")
    assert broken is not None
    (first, *_) = await drafts(talk)
    await reading._publish(talk.house.services, broken, person, first)
    await run_out(talk)
    await talk.settle()
    assert [aid.status for aid in await drafts(talk)] == [Status.PUBLISHED] * 3
    assert "✓ Published 3 job aids" in text_of(talk.last(LD).card)


async def test_what_cannot_be_had_now_is_asked_for_again_and_in_the_end_told(talk: Dialogue) -> None:
    await only_sends(talk, LD, "table.csv", TABLE)
    await talk.house.delivery.work_off()
    talk.platform.faults = [TryLater("busy") for _ in range(ATTEMPTS - 1)]
    for _ in range(ATTEMPTS - 1):
        assert await talk.house.reading.work_off() == 1
        assert await talk.house.reading.work_off() == 0  # not at once
        await run_out(talk)
    await talk.settle()
    assert len(await drafts(talk)) == 3

    await only_sends(talk, LD, "scale.md", ONE)
    await talk.house.delivery.work_off()
    talk.platform.faults = [TryLater("busy") for _ in range(ATTEMPTS)]
    for _ in range(ATTEMPTS):
        await run_out(talk)
        assert await talk.house.reading.work_off() == 1
    await talk.settle()
    assert "I could not get “scale.md”. It did not come" in text_of(talk.last(LD).card)
    assert not await talk.store.files.any_due()


async def test_what_ends_the_process_each_time_is_given_up(talk: Dialogue) -> None:
    await only_sends(talk, LD, "table.csv", TABLE)
    for number in range(ATTEMPTS):
        assert await talk.store.files.claim(lease=f"killed {number}") is not None
        await run_out(talk)
    await talk.settle()
    assert "I could not read “table.csv”" in text_of(talk.last(LD).card)
    assert await drafts(talk) == []


async def test_a_deleted_file_is_told_in_a_sentence(talk: Dialogue) -> None:
    await only_sends(talk, LD, "table.csv", TABLE)
    talk.platform.files.clear()
    await talk.settle()
    assert "I could not get “table.csv”. It was deleted." in text_of(talk.last(LD).card)


async def test_files_are_forgotten_and_their_drafts_stay(talk: Dialogue) -> None:
    await sends(talk, LD, "table.csv", TABLE)
    card = talk.last(LD)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.forget_files(before=talk.clock().replace(year=2100))
    assert await rows(talk) == []
    assert len(await drafts(talk)) == 3
    assert "Send it again" in text_of(note(await talk.presses(LD, card, "Look at each")))
