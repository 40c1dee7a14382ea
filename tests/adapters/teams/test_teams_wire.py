"""What is only Teams's, through the wire: the adapter and the double."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.teams import NOT_INSTALLED, Certificate, ManagedIdentity, connect, read_certificate
from adapters.teams.credentials import BotToken
from bot.messages import (
    Address,
    Amended,
    Busy,
    Button,
    Buttons,
    Card,
    Field,
    FieldErrors,
    Form,
    Found,
    Link,
    Linked,
    Links,
    MessageRef,
    Note,
    Pressed,
    Result,
    Said,
    Scope,
    Sought,
    Submitted,
    Text,
    TryLater,
    Undeliverable,
)
from tests.adapters.harness import Core
from tests.adapters.teams.harness import TeamsHarness, cloud_of, open_company, secret_of
from tests.doubles.teams.double import Fault, Wrong, open_teams
from tests.doubles.teams.keys import SCOPE

ROW = Buttons(buttons=(Button(label="Yes", verb="agree", value="42"),))
LARGEST_MESSAGE = 80_000  # bytes; Teams refuses more than 100 KB with all around it
OPENER = Buttons(buttons=(Button(label="Ask", verb="open", value="7", opens_form=True),))
FORM = Form(title="Ask an expert", verb="ask", value="7", fields=(Field(name="question", label="Your question"),))


@pytest.fixture
async def company(core: Core) -> AsyncIterator[TeamsHarness]:
    async with open_company(core.receive) as company:
        yield company


def words(text: str, *parts: Any) -> Card:
    return Card(summary=text, parts=(Text(text=text), *parts))


def to(
    company: TeamsHarness, *, conversation: str | None = None, thread: str | None = None, person: str | None = None
) -> Address:
    return Address(platform="teams", tenant=company.tenant, conversation=conversation, thread=thread, person=person)


# ── Hearing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_persons_name_and_time_zone_come_with_what_they_say(company: TeamsHarness, core: Core) -> None:
    await company.teams.user("alice").dm("Hello")
    (said,) = core.received
    assert (said.sender.name, said.sender.time_zone) == ("Alice Berg", "Europe/Vienna")


async def test_a_quoted_reply_is_only_what_was_said_now(company: TeamsHarness, core: Core) -> None:
    alice = company.teams.user("alice")
    ref = await company.platform.send(to(company, person=company.alice), words("The answer is 42."), key="k1")
    await alice.dm("and <b>why</b>?", quoting=ref.id)
    (said,) = core.received
    assert isinstance(said, Said)
    assert said.text == "and <b>why</b>?"


async def test_a_group_chat_is_closed_and_has_no_threads(company: TeamsHarness, core: Core) -> None:
    chat = company.teams.add_chat("alice", "bob", name="Lunch")
    deed = await company.teams.user("alice").says("Lunch", "where to?", mention=True)
    (said,) = core.received
    assert (said.place.scope, said.place.name, said.place.thread) == (Scope.PRIVATE, "Lunch", None)
    assert deed.message is not None
    place = to(company, conversation=chat.id, thread=deed.message.id)
    await company.platform.send(place, words("Italian."), key="k1")
    assert "Italian." in company.teams.user("bob").reads("Lunch")[-1].text


@pytest.mark.parametrize("opened", [frozenset(), frozenset({"another-team"})])
async def test_a_channel_of_a_team_that_nobody_called_open_counts_as_closed(core: Core, opened: frozenset[str]) -> None:
    async with open_company(core.receive, open_teams=opened) as company:
        await company.teams.user("alice").says("help", "hello", mention=True)
    assert core.received[0].place.scope is Scope.PRIVATE
    assert core.received[0].place.name == "help"


async def test_while_teams_does_not_tell_of_its_channels_they_count_as_closed(core: Core) -> None:
    async with open_company(core.receive) as company:
        asked = len(company.teams.calls_of("channels"))
        company.teams.faults.add("channels", Wrong.REFUSED)
        newer = await company.invite(company.alice)
        assert (await company.teams.user("alice").says(newer, "hello", mention=True)).accepted
        assert len(company.teams.calls_of("channels")) == asked + 1
    assert [said.place.scope for said in core.received] == [Scope.PRIVATE, Scope.PRIVATE]


async def test_what_is_edited_or_taken_back_is_told_by_the_key_of_what_was_said(
    company: TeamsHarness, core: Core
) -> None:
    alice = company.teams.user("alice")
    deed = await alice.says("help", "Hello", mention=True)
    assert deed.message is not None
    assert (await alice.edits(deed.message.id, "Hello!")).accepted
    assert (await alice.reacts(deed.message.id)).accepted
    assert (await alice.deletes(deed.message.id)).accepted
    said, changed, gone = core.received
    assert isinstance(said, Said)
    assert isinstance(changed, Amended)
    assert isinstance(gone, Amended)
    assert (changed.of, changed.text) == (said.key, "Hello!")
    assert (gone.of, gone.text) == (said.key, None)
    assert len({said.key, changed.key, gone.key}) == 3
    assert changed.place == said.place


async def test_people_who_come_and_go_and_an_app_that_is_taken_away_are_no_questions(
    company: TeamsHarness, core: Core
) -> None:
    team = next(iter(company.teams.world.teams.values()))
    company.teams.add_user("cleo")
    assert (await company.teams.join(team, "cleo")).accepted
    assert (await company.teams.leave(team, "cleo")).accepted
    for delivery in await company.teams.uninstall(company.teams.user("bob")):
        assert delivery.accepted
    assert core.received == []


async def test_a_company_is_made_known_before_anything_of_it_is_received(core: Core) -> None:
    found: list[str] = []

    async def tell(tenant: str) -> None:
        found.append(tenant)
        if len(found) == 1:
            raise TryLater("The store cannot be reached.")

    async with open_company(core.receive, found=tell) as company:
        await company.teams.user("alice").dm("Hello")
    assert found == [company.tenant] * 2
    assert len(core.received) == 1


# ── Pressing, dialogs ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_press_without_an_outcome_shows_nothing(company: TeamsHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, person=company.alice), words("Well?", ROW), key="k1")
    deed = await company.teams.user("alice").press(ref.id, "Yes")
    assert (deed.note, deed.complaint) == (None, None)
    assert isinstance(core.received[0], Pressed)


async def test_a_note_with_buttons_stands_in_the_persons_own_chat(company: TeamsHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, conversation=company.open_channel), words("Well?", ROW), key="k1")
    core.outcomes = [Note(card=words("One of these?", ROW))]
    deed = await company.teams.user("bob").press(ref.id, "Yes")
    assert deed.note is not None
    kept = company.teams.user("bob").reads(company.teams.user("bob").direct())
    assert [(seen.text, seen.buttons) for seen in kept] == [("One of these?", ("Yes",))]
    assert company.teams.user("alice").reads()[-1].text == "Well?"


async def test_a_press_that_cannot_be_taken_is_told_to_come_again(company: TeamsHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, person=company.alice), words("Well?", ROW, OPENER), key="k1")
    core.outcomes = [Busy(), Busy()]
    assert (await company.teams.user("alice").press(ref.id, "Yes")).complaint is not None
    assert (await company.teams.user("alice").press(ref.id, "Ask")).complaint is not None
    assert all(one.attempts[0].status == 503 for one in company.teams.deliveries[-2:])


async def test_a_button_that_is_known_to_open_a_form_opens_it_at_once(company: TeamsHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, conversation=company.open_channel), words("?", OPENER), key="k1")
    wrong = FieldErrors(errors={"question": "Please say more.", "": "Not yet."})
    core.outcomes = [FORM, wrong, Note(card=words("Sent."))]
    bob = company.teams.user("bob")
    opened = await bob.press(ref.id, "Ask")
    assert opened.dialog is not None
    refused = await bob.submit({"line:question": "Why?"})
    assert "Please say more." in bob.reads_dialog().text
    assert "Not yet." in bob.reads_dialog().text
    assert refused.complaint is None
    done = await bob.submit({"line:question": "Why not?"})
    assert done.dialog is not None
    assert "Sent." in bob.reads_dialog().text
    pressed, first, second = core.received
    assert isinstance(pressed, Pressed)
    assert pressed.message is not None
    assert pressed.message.id == ref.id
    assert isinstance(first, Submitted)
    assert isinstance(second, Submitted)
    assert first.key != second.key
    assert second.place.conversation == company.open_channel


async def test_a_forged_place_of_a_form_is_not_believed(company: TeamsHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, person=company.bob), words("?", OPENER), key="k1")
    core.outcomes = [FORM]
    bob = company.teams.user("bob")
    await bob.press(ref.id, "Ask")
    dialog = bob.dialog()
    assert dialog is not None
    dialog.card["actions"][0]["data"]["place"] = {"conversation": company.closed_channel, "scope": "private"}
    await bob.submit({"line:question": "What is said there?"})
    assert core.received[-1].place == core.received[0].place
    assert core.received[-1].place.conversation == bob.direct().id


async def test_a_forged_form_that_cannot_be_shown_anew_is_answered_all_the_same(
    company: TeamsHarness, core: Core
) -> None:
    ref = await company.platform.send(to(company, person=company.bob), words("?", OPENER), key="k1")
    core.outcomes = [FORM, FieldErrors(errors={"question": "Please say more."})]
    bob = company.teams.user("bob")
    await bob.press(ref.id, "Ask")
    dialog = bob.dialog()
    assert dialog is not None
    nothing_to_choose = {"name": "aid", "label": "Which?", "kind": "choice"}
    dialog.card["actions"][0]["data"]["form"]["fields"].append(nothing_to_choose)
    answered = await bob.submit({"line:question": "Why?"})
    assert answered.complaint is None
    assert "cannot be shown in Teams" in bob.reads_dialog().text


async def test_a_typed_command_that_opens_a_form_gets_a_button_for_it(company: TeamsHarness, core: Core) -> None:
    core.outcomes = [FORM, None]
    bob = company.teams.user("bob")
    await bob.says("help", "/ask", mention=True)
    (offer,) = bob.reads(bob.direct())
    assert company.teams.user("alice").reads("help")[-1].by_app is False
    opened = await bob.press(offer.id, "Open")
    assert opened.dialog is not None
    assert (await bob.submit({"line:question": "Why?"})).complaint is None
    assert isinstance(core.received[-1], Submitted)
    assert bob.dialog() is None


# ── The message extension ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_is_asked_about_privately(company: TeamsHarness, core: Core) -> None:
    deed = await company.teams.user("alice").says("help", "Does @Bob Achebe know <b>why</b>?")
    assert deed.message is not None
    asked = await company.teams.user("bob").acts_on(deed.message.id, "ask_about")
    assert asked.dialog is not None
    (said,) = core.received
    assert isinstance(said, Said)
    assert (said.command, said.text) == ("ask", "Does @Bob Achebe know <b>why</b>?")
    assert said.sender.id == company.bob
    assert said.place.conversation == company.open_channel


async def test_what_is_searched_for_is_found_for_the_place_it_will_stand_in(company: TeamsHarness, core: Core) -> None:
    core.outcomes = [Found(results=(Result(title="The badge", text="Reset it.", card=words("Hold it.", ROW)),)), None]
    bob = company.teams.user("bob")
    deed = await bob.searches(" badge ", place="help")
    assert deed.complaint is None
    assert deed.results[0]["preview"]["content"] == {"title": "The badge", "text": "Reset it."}
    await bob.inserts(deed.results[0], "help")
    inserted = company.teams.user("alice").reads("help")[-1]
    assert (inserted.text, inserted.buttons) == ("Hold it.", ())
    assert (await bob.searches("")).results == []
    first, second = core.received
    assert isinstance(first, Sought)
    assert isinstance(second, Sought)
    assert (first.text, first.place.conversation, first.place.scope) == ("badge", company.open_channel, Scope.CHANNEL)
    assert (second.text, second.place.scope) == ("", Scope.DIRECT)


async def test_a_search_in_a_chat_of_two_people_is_for_both_of_them(company: TeamsHarness, core: Core) -> None:
    chat = company.teams.add_chat("alice", "bob", bot=False)
    chat.kind = "personal"  # as Teams calls it
    deed = await company.teams.user("bob").searches("badge", place=chat.id)
    assert deed.complaint is None
    assert core.received[0].place.scope is Scope.PRIVATE


async def test_an_address_is_shown_as_if_everybody_read_along_since_teams_shows_it_again_elsewhere(
    company: TeamsHarness, core: Core
) -> None:
    address = "https://lanyard.example.com/aids/1/12"
    core.outcomes = [
        Found(results=(Result(title="Badge", text="Reset it.", card=words("Hold it.", ROW), address=address),))
    ]
    deed = await company.teams.user("alice").pastes(address, place="closed")
    assert deed.complaint is None
    (shown,) = deed.results
    assert shown["content"]["version"] == "1.3"
    assert "Action." not in json.dumps(shown)
    (linked,) = core.received
    assert isinstance(linked, Linked)
    assert linked.addresses == (address,)
    assert (linked.place.conversation, linked.place.scope) == (company.closed_channel, Scope.CHANNEL)


async def test_an_address_shows_nothing_to_whom_teams_does_not_name(company: TeamsHarness, core: Core) -> None:
    deed = await company.teams.user("bob").pastes("https://lanyard.example.com/aids/1/12", installed=False)
    assert (deed.complaint, deed.results) == (None, [])
    assert core.received == []


async def test_a_note_with_a_link_comes_as_a_card_that_can_be_pressed(company: TeamsHarness, core: Core) -> None:
    ref = await company.platform.send(to(company, conversation=company.open_channel), words("Yes?", ROW), key="k1")
    link = Links(links=(Link(label="Come in", url="https://lanyard.example.com/aids"),))
    core.outcomes = [Note(card=words("For you.", link))]
    await company.teams.user("bob").press(ref.id, "Yes")
    told = company.teams.user("bob").reads(company.teams.user("bob").direct())[-1]
    assert told.links == ("https://lanyard.example.com/aids",)


async def test_a_message_is_saved_as_an_aid_in_a_dialog(company: TeamsHarness, core: Core) -> None:
    deed = await company.teams.user("alice").says("help", "Turn it off and on again.")
    assert deed.message is not None
    core.outcomes = [FORM, None]
    bob = company.teams.user("bob")
    opened = await bob.acts_on(deed.message.id, "save_as_aid")
    assert opened.dialog is not None
    await bob.submit({"line:question": "Restart"})
    assert bob.dialog() is None
    pressed, submitted = core.received
    assert isinstance(pressed, Pressed)
    assert pressed.verb == "save_as_aid"
    assert pressed.value.startswith("https://teams.microsoft.com/l/message/")
    assert pressed.message is not None
    assert pressed.message.id == deed.message.id
    assert isinstance(submitted, Submitted)


# ── Sending ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_bots_token_is_had_once_and_anew_when_it_is_not_taken(company: TeamsHarness) -> None:
    for number in range(2):
        await company.platform.send(to(company, person=company.alice), words("Hello."), key=f"k{number}")
    assert len(company.teams.calls_of("token")) == 1
    company.teams.keys.revoke_all()
    await company.platform.send(to(company, person=company.alice), words("Hello."), key="k3")
    assert len(company.teams.calls_of("token")) == 2
    assert len(company.teams.user("alice").reads()) == 3


async def test_a_wrong_secret_buries_nothing_and_names_the_settings(core: Core) -> None:
    async with open_company(core.receive) as company:
        company.teams.app.secret = "changed meanwhile"
        company.teams.keys.revoke_all()
        with pytest.raises(TryLater, match="MICROSOFT_APP_PASSWORD") as caught:
            await company.platform.send(to(company, person=company.alice), words("Hello."), key="k1")
        assert not caught.value.maybe_sent


@pytest.mark.parametrize(
    ("fault", "maybe_sent", "arrived", "after"),
    [
        (Fault(wrong=Wrong.TOO_MANY, retry_after=7), False, 0, timedelta(seconds=7)),
        (Fault(wrong=Wrong.REFUSED, status=412), False, 0, None),
        (Fault(wrong=Wrong.REFUSED, status=502), True, 0, None),
        (Fault(wrong=Wrong.FAILED, status=502), True, 1, None),
        (Fault(wrong=Wrong.FAILED, status=504), True, 1, None),
        (Fault(wrong=Wrong.DROPPED), True, 0, None),
        (Fault(wrong=Wrong.CLOSED), True, 1, None),
    ],
)
async def test_what_passes_is_put_off_and_what_is_not_known_is_said_to_be_so(
    company: TeamsHarness, fault: Fault, maybe_sent: bool, arrived: int, after: timedelta | None
) -> None:
    company.teams.faults.add("send", fault)
    with pytest.raises(TryLater) as caught:
        await company.platform.send(to(company, person=company.alice), words("Hello."), key="k1")
    assert (caught.value.maybe_sent, caught.value.after) == (maybe_sent, after)
    assert len(company.teams.user("alice").reads()) == arrived
    assert len(company.teams.calls_of("send")) == 1  # nothing is repeated here


async def test_a_revision_that_broke_off_may_simply_be_made_again(company: TeamsHarness) -> None:
    ref = await company.platform.send(to(company, person=company.alice), words("One."), key="k1")
    company.teams.faults.add("update", Fault(wrong=Wrong.FAILED, status=504))
    with pytest.raises(TryLater) as caught:
        await company.platform.revise(ref, words("Two."))
    assert not caught.value.maybe_sent
    await company.platform.revise(ref, words("Two."))
    assert [seen.text for seen in company.teams.user("alice").reads()] == ["Two."]


async def test_whom_lanyard_is_not_installed_for_cannot_be_written_to_and_the_sentence_says_so(
    company: TeamsHarness,
) -> None:
    cleo = company.teams.add_user("cleo", installed=False)
    with pytest.raises(Undeliverable, match=NOT_INSTALLED):
        await company.platform.send(to(company, person=cleo.id), words("Hello."), key="k1")
    await company.teams.uninstall(company.teams.user("alice"))
    with pytest.raises(Undeliverable, match=NOT_INSTALLED):
        await company.platform.send(to(company, person=company.alice), words("Hello."), key="k1")
    company.teams.user("bob").user.blocked = True
    with pytest.raises(Undeliverable, match="has blocked Lanyard"):
        await company.platform.send(to(company, person=company.bob), words("Hello."), key="k1")


async def test_where_lanyard_is_no_member_it_says_what_to_do(company: TeamsHarness) -> None:
    chat = company.teams.add_chat("alice", "bob", bot=False)
    with pytest.raises(Undeliverable, match="add it there"):
        await company.platform.send(to(company, conversation=chat.id), words("Hello."), key="k1")


async def test_our_token_goes_to_no_other_host(core: Core) -> None:
    async with open_company(core.receive) as company:
        before = len(company.teams.calls)
        elsewhere = connect(
            now=lambda: datetime.now(UTC),
            app_id=company.teams.app.id,
            proof=secret_of(company.teams),
            cloud=replace(cloud_of(company.teams), hosts=("smba.trafficmanager.net",)),
            tenants=frozenset({company.tenant}),
        )
        await elsewhere.start()
        with pytest.raises(Undeliverable, match="TEAMS_SERVICE_HOSTS"):
            await elsewhere.send(to(company, person=company.alice), words("Hello."), key="k1")
        await elsewhere.stop()
        assert len(company.teams.calls) == before


async def test_the_largest_card_stays_under_eighty_kilobytes(company: TeamsHarness) -> None:
    for text in ("x*[" * 60_000, "漢" * 60_000, "\\" * 90_000):
        await company.platform.send(to(company, person=company.alice), words(text), key="k1")
    for call in company.teams.calls_of("send"):
        assert len(json.dumps(call.given, ensure_ascii=False).encode("utf-16-le")) < LARGEST_MESSAGE * 2
        assert len(json.dumps(call.given, ensure_ascii=False).encode()) < LARGEST_MESSAGE


async def test_typing_is_shown_where_the_answer_will_stand(company: TeamsHarness) -> None:
    await company.platform.send(to(company, person=company.alice), words("Hello."), key="k1")
    await company.platform.working(to(company, conversation=company.open_channel))
    await company.platform.working(to(company, conversation=company.open_channel, person=company.alice))
    direct = company.teams.user("alice").direct().id
    assert company.teams.world.typing == [company.open_channel, direct]
    company.teams.faults.add("send", Wrong.TOO_MANY)
    await company.platform.working(to(company, conversation=company.open_channel))
    await company.platform.working(to(company, conversation="19:nowhere@thread.tacv2"))


async def test_a_link_opens_the_message_in_its_thread(company: TeamsHarness) -> None:
    place = {"platform": "teams", "tenant": company.tenant}
    ref = MessageRef(**place, conversation=company.open_channel, id="2", thread="1")
    link = await company.platform.link(ref)
    assert link is not None
    assert link.startswith("https://teams.microsoft.com/l/message/19%3A")
    assert link.endswith(f"/2?tenantId={company.tenant}&parentMessageId=1")
    chat = company.teams.user("bob").direct().id
    direct = await company.platform.link(MessageRef(**place, conversation=chat, id="3"))
    assert direct == f"https://teams.microsoft.com/l/chat/0/0?users=28%3A{company.teams.app.id}"


async def test_members_are_read_page_by_page_and_known_afterwards(company: TeamsHarness) -> None:
    for number in range(5):
        company.teams.add_user(f"more{number}")
    team = next(iter(company.teams.world.teams.values()))
    team.members += [company.teams.user(f"more{number}").user for number in range(5)]
    assert len(await company.platform.members(company.tenant, company.open_channel)) == 7
    assert len(company.teams.calls_of("pagedmembers")) == 4
    found = await company.platform.profile(company.tenant, company.bob)
    assert found is not None
    assert found.email == "bob@copper.example"
    assert company.teams.calls_of("member") == []


async def test_a_guest_is_known_for_one(company: TeamsHarness) -> None:
    guest = company.teams.add_user("gus", tenant="another")
    next(iter(company.teams.world.teams.values())).members.append(guest.user)
    await company.platform.members(company.tenant, company.open_channel)
    found = await company.platform.profile(company.tenant, guest.id)
    assert found is not None
    assert found.is_guest


# ── Credentials ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_managed_identity_asks_the_machine_for_the_token(core: Core) -> None:
    asked: list[web.Request] = []

    async def give(request: web.Request) -> web.Response:
        asked.append(request)
        return web.json_response({"access_token": "from the machine", "expires_in": "3600"})

    app = web.Application()
    app.router.add_get("/msi/token", give)
    async with TestServer(app) as server:
        identity = ManagedIdentity(
            app_id="x", scope=SCOPE, endpoint=str(server.make_url("/msi/token")), header="machine's own"
        )
        async with open_company(core.receive, proof=identity) as company:
            company.teams.keys.issued["from the machine"] = company.teams.clock.now() + 3600
            await company.platform.send(to(company, person=company.alice), words("Hello."), key="k1")
    request = asked[-1]
    assert request.headers["X-IDENTITY-HEADER"] == "machine's own"
    assert request.query["resource"] == "https://api.botframework.com"


def certificate(name: str = "lanyard") -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
    )
    return key, built.sign(key, hashes.SHA256())


def as_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


async def test_a_certificate_stands_in_the_place_of_a_secret(core: Core, tmp_path: Path) -> None:
    key, shown = certificate()
    file = tmp_path / "bot.pem"
    file.write_bytes(as_pem(key) + shown.public_bytes(serialization.Encoding.PEM))
    private, thumbprint = read_certificate(file)
    async with open_teams() as teams:
        teams.keys.certificate, teams.keys.thumbprint = key.public_key(), thumbprint
        proof = Certificate(
            app_id=teams.app.id,
            key=private,
            thumbprint=thumbprint,
            token_url=f"{teams.address}/{teams.tenant}/oauth2/v2.0/token",
            scope=SCOPE,
            now=lambda: datetime.fromtimestamp(teams.clock.now(), UTC),
        )
        async with aiohttp.ClientSession() as session:
            assert await BotToken(proof).get(session) in teams.keys.issued
            teams.keys.thumbprint = "another"
            with pytest.raises(TryLater):
                await BotToken(proof).get(session)


def test_a_certificate_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    key, _ = certificate()
    _, other = certificate()
    for content in (b"", as_pem(key), as_pem(key) + other.public_bytes(serialization.Encoding.PEM)):
        file = tmp_path / "bot.pem"
        file.write_bytes(content)
        with pytest.raises(ValueError, match=r"bot\.pem"):
            read_certificate(file)
    with pytest.raises(ValueError, match="cannot be read"):
        read_certificate(tmp_path / "nowhere.pem")
