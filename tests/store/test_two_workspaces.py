"""Two companies on one installation: no query of one reaches a row of the other, by any method of a transaction."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.messages import Address, Card, File, MessageRef, Place, Scope, Sender
from bot.store import GoneError, NotAllowedError, Store, Transaction
from bot.store import tables as t
from bot.store.directions import Text
from bot.store.listing import Purpose
from bot.store.meanings import Read
from bot.store.records import (
    CampaignRecord,
    Channel,
    Heeded,
    Mode,
    NudgeRecord,
    Person,
    QuestionStatus,
    Received,
    Role,
    RoutingStatus,
    SentFile,
    Stage,
    SuggestionStatus,
)
from bot.store.speaking import Lane, Saying
from bot.store.tables import Base
from knowledge.model import EvidenceKind, JobAid, Status
from scheduler.model import Campaign, CampaignStatus, Kind, Step
from scheduler.recall import Memory
from scheduler.roster import Named
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, labels

GRANTS = frozenset({"everyone", "group:support", "person:1"})
CARD = Card(summary="hello")
CHANNEL = "memory/test/support-desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Ids of the other company, and somebody of this one who is everything."""

    person: int
    aid: int
    question: int
    answer: int
    routing: int
    campaign: int
    enrolment: int
    nudge: int
    key: str
    me: Person
    channel: str = CHANNEL

    def them(self) -> Person:
        """Somebody of this company who has come by an id of the other."""
        return replace(self.me, id=self.person)


async def _vectors(tx: Transaction) -> dict[str, bytes]:
    return (await tx.vectors_since(MODEL, 0, after=None, limit=10))[0]


async def _meanings(tx: Transaction) -> dict[int, bytes]:
    return (await tx.meanings_since(MODEL, -1, until=10**9, after=None, limit=10))[0]


async def _count_evidence(tx: Transaction) -> int:
    return sum(await tx.count_evidence("another"))


async def _count_asked(tx: Transaction) -> int:
    return (await tx.period(since=tx.now - timedelta(999), until=tx.now)).asked.count


def _campaign(id_: int) -> CampaignRecord:
    plan = Campaign(name="x", purpose="", steps=())
    return CampaignRecord(id=id_, owner_id=None, plan=plan, step_ids=(), audience=(), places={})


async def _doings(tx: Transaction, campaign: int) -> dict[str, int]:
    return (await tx.count_doings(_campaign(campaign))).statuses


Call = Callable[[Transaction, Other], Awaitable[Any]]


async def _is_set(tx: Transaction, other: Other) -> bool:
    return await tx.channel(other.channel) != Channel(key=other.channel)


async def _has_overheard(tx: Transaction, other: Other) -> bool:
    return any(await tx.overheard_since(tx.now - timedelta(999), by=other.me))


MODEL = "tiny.1"
ITEM = "0" * 32
THEIR_NUDGE = NudgeRecord(
    id=1, enrolment_id=1, step_id=1, person_id=1, campaign_id=1, status="sent", message_key=None, response=None, round=1
)


THEIR_MESSAGE = MessageRef(platform=PLATFORM, tenant=TENANT, conversation="dm-amara", id="")
THEIR_FILE = SentFile(
    id=1,
    workspace=1,
    person_id=1,
    file=File(name="x.csv", id="1"),
    place=Address(platform=PLATFORM, tenant=TENANT, person="amara"),
    words="",
    stage=Stage.READ,
    meant="",
    campaign_id=None,
    content=None,
    attempts=0,
    lease=None,
)


async def _but(me: Person, found: Awaitable[list[Person]]) -> list[Person]:
    return [person for person in await found if person.id != me.id]


async def _others(tx: Transaction, other: Other) -> list[Person]:
    found = [*await tx.administrators(), *await tx.learning_people(), *await tx.in_roles(*Role)]
    return [person for person in found if person.id != other.me.id]


async def _other_names(tx: Transaction, other: Other) -> list[str]:
    return [name for name in await tx.names() if name != other.me.name]


async def _other_tenants(tx: Transaction, _other: Other) -> list[tuple[str, str]]:
    return [one for one in await tx.tenants() if one != (PLATFORM, "b")]


async def _others_stale(tx: Transaction, _other: Other) -> list[tuple[str, str, str]]:
    found = await tx.stale_identities([PLATFORM], before=tx.now + timedelta(999), limit=10)
    return [one for one in found if one[1] != "b"]


async def _waits(tx: Transaction, _other: Other) -> bool:
    found = await tx.waiting()
    return found.unsettled or found.follow_ups or found.steps


async def _forget_old(tx: Transaction, other: Other) -> None:
    await tx.change_retention({"questions": 1, "signs": 1, "barriers": 1}, by=other.me)
    tx.now += timedelta(999)
    await tx.forget_old()


LOOKS: dict[str, Call] = {
    "history": lambda tx, o: tx.history(),
    "administrators": _others,
    "learning_people": _others,
    "in_roles": _others,
    "names": _other_names,
    "first_colleagues": lambda tx, o: _but(o.me, tx.first_colleagues(limit=100)),
    "colleagues_called": lambda tx, o: tx.colleagues_called("Amara Lindqvist"),
    "open_questions_of": lambda tx, o: tx.open_questions_of(o.person),
    "stale_identities": _others_stale,
    "tenants": _other_tenants,
    "aid": lambda tx, o: tx.aid(o.aid),
    "aid_by_key": lambda tx, o: tx.aid_by_key("vpn-connect"),
    "aid_keys": lambda tx, o: tx.aid_keys(),
    "aid_titles": lambda tx, o: tx.aid_titles(grants=GRANTS, limit=10),
    "aids_of_file": lambda tx, o: tx.aids_of_file(THEIR_FILE.id),
    "sent_file": lambda tx, o: tx.sent_file(THEIR_FILE.id, by=o.them()),
    "aids_due": lambda tx, o: tx.aids_due(o.them(), limit=10),
    "aids_by_id": lambda tx, o: tx.aids_by_id([o.aid]),
    "answer": lambda tx, o: tx.answer(o.answer),
    "answer_by_message": lambda tx, o: tx.answer_by_message(o.key),
    "answers_from": lambda tx, o: tx.answers_from(o.aid),
    "asked_this_week": lambda tx, o: tx.asked_this_week(),
    "broken_audit_row": lambda tx, o: tx.broken_audit_row(),
    "campaign": lambda tx, o: tx.campaign(o.campaign),
    "campaigns": lambda tx, o: tx.campaigns(by=o.me),
    "campaigns_by_id": lambda tx, o: tx.campaigns_by_id([o.campaign]),
    "channel": _is_set,
    "check_may_change": lambda tx, o: tx.check_may_change(o.aid, by=o.me),
    "claim_due": lambda tx, o: tx.claim_due(limit=10),
    "count_aids": lambda tx, o: tx.count_aids(),
    "count_unencoded": lambda tx, o: tx.count_unencoded("another"),
    "overdue_aids": lambda tx, o: tx.overdue_aids(grants=GRANTS, limit=9),
    "use_of_aids": lambda tx, o: tx.use_of_aids(since=tx.now - timedelta(999), until=tx.now, rejected=False),
    "waits_for_experts": lambda tx, o: tx.waits_for_experts(since=tx.now - timedelta(999), until=tx.now),
    "count_overdue": lambda tx, o: tx.count_overdue(),
    "deaf_places": lambda tx, o: tx.deaf_places(),
    "people_by_email": lambda tx, o: tx.people_by_email(["amara.lindqvist@larkspur.example"]),
    "direct_address": lambda tx, o: tx.direct_address(o.person),
    "direct_addresses": lambda tx, o: tx.direct_addresses([o.person]),
    "enrolment": lambda tx, o: tx.enrolment(o.enrolment, by=o.me),
    "enrolments_by_id": lambda tx, o: tx.enrolments_by_id([o.enrolment]),
    "enrolments_of": lambda tx, o: tx.enrolments_of(o.person),
    "closed_evidence": lambda tx, o: tx.closed_evidence(CHANNEL, model=MODEL),
    "evidence_unread": lambda tx, o: tx.evidence_unread("another", limit=10),
    "count_evidence": lambda tx, o: _count_evidence(tx),
    "meanings_since": lambda tx, o: _meanings(tx),
    "evidence_since": lambda tx, o: tx.evidence_since(-1, until=10**9, after=None, limit=10),
    "has_closed_evidence": lambda tx, o: tx.has_closed_evidence(CHANNEL),
    "owned_since": lambda tx, o: tx.owned_since(-1, until=10**9, after=None, limit=10),
    "declared_evidence": lambda tx, o: tx.declared_evidence(),
    "closed_places_of": lambda tx, o: tx.closed_places_of(1),
    "users_of": lambda tx, o: tx.users_of(o.them()),
    "evidence_about": lambda tx, o: tx.evidence_about(o.them(), limit=10),
    "newest_aids": lambda tx, o: tx.newest_aids(grants=GRANTS, limit=10),
    "find_aid": lambda tx, o: tx.find_aid("#1", grants=GRANTS),
    "find_by_key": lambda tx, o: tx.find_by_key("vpn-connect"),
    "first_said": lambda tx, o: tx.first_said(o.key),
    "newest_in": lambda tx, o: tx.newest_in(THEIR_MESSAGE, within=timedelta(999)),
    "glossary": lambda tx, o: tx.glossary(),
    "helped": lambda tx, o: tx.helped(since=tx.now - timedelta(999), place_audience=GRANTS, limit=10),
    "known_pairs": lambda tx, o: tx.known_pairs(),
    "defining": lambda tx, o: tx.defining(grants=GRANTS, limit=10),
    "term": lambda tx, o: tx.term(1, grants=GRANTS),
    "has_thread": lambda tx, o: tx.has_thread("memory/test/support-desk/m1"),
    "has_vectors": lambda tx, o: tx.has_vectors(MODEL),
    "hold_snippets": lambda tx, o: tx.hold_snippets([f"{o.aid}.0", f"{o.aid}.1"], grants=GRANTS),
    "has_reply": lambda tx, o: tx.has_reply(
        Place(conversation="support-desk", scope=Scope.CHANNEL, thread="m1"), f"{o.channel}/m1"
    ),
    "is_restrained": lambda tx, o: tx.is_restrained(o.channel, o.person),
    "kept_in_files": lambda tx, o: tx.kept_in_files(),
    "keys_of_words": lambda tx, o: tx.keys_of_words(["vpn-connect"]),
    "known_person": lambda tx, o: tx.known_person(PLATFORM, TENANT, "amara"),
    "last_asked": lambda tx, o: tx.last_asked(),
    "last_answer": lambda tx, o: tx.last_answer(o.question),
    "missed": lambda tx, o: tx.missed(since=tx.now - timedelta(999), place_audience=GRANTS, limit=10),
    "named_groups": lambda tx, o: tx.named_groups(),
    "next_nudge_due": lambda tx, o: tx.next_nudge_due(),
    "next_routing_due": lambda tx, o: tx.next_routing_due(),
    "nudge": lambda tx, o: tx.nudge(o.nudge, by=o.me),
    "open_campaigns": lambda tx, o: tx.open_campaigns(),
    "open_routings_to": lambda tx, o: tx.open_routings_to(o.them(), limit=10),
    "claim_follow_ups": lambda tx, o: tx.claim_follow_ups(limit=10),
    "claim_unsettled": lambda tx, o: tx.claim_unsettled(limit=10),
    "count_listed": lambda tx, o: tx.count_listed(o.campaign),
    "enrolled_in": lambda tx, o: tx.enrolled_in(o.campaign),
    "follow_up_behind": lambda tx, o: tx.follow_up_behind(THEIR_NUDGE),
    "follow_ups_of": lambda tx, o: tx.follow_ups_of([o.enrolment]),
    "has_unsettled": lambda tx, o: tx.has_unsettled(),
    "listed": lambda tx, o: tx.listed(o.campaign),
    "memory": lambda tx, o: tx.memory(o.them(), ITEM),
    "next_follow_up_due": lambda tx, o: tx.next_follow_up_due(),
    "next_step_due": lambda tx, o: tx.next_step_due(),
    "overdue_follow_ups": lambda tx, o: tx.overdue_follow_ups(o.campaign),
    "to_gather": lambda tx, o: tx.to_gather(before=tx.now + timedelta(999)),
    "count_taking_part": lambda tx, o: tx.count_taking_part(o.campaign),
    "not_met": lambda tx, o: tx.not_met([o.person]),
    "unreached": lambda tx, o: tx.unreached(o.campaign, limit=10),
    "unsettled_in": lambda tx, o: tx.unsettled_in(o.campaign),
    "overheard_since": _has_overheard,
    "people_at": lambda tx, o: tx.people_at(["amara.lindqvist@larkspur.example"]),
    "people_in": lambda tx, o: tx.people_in(["support", "stores"]),
    "people_behind": lambda tx, o: tx.people_behind(PLATFORM, TENANT, ["amara"]),
    "people_by_id": lambda tx, o: tx.people_by_id([o.person]),
    "count_kept": lambda tx, o: tx.count_kept(o.them()),
    "read_kept": lambda tx, o: tx.read_kept(o.them()),
    "newest_answer": lambda tx, o: tx.newest_answer(o.them(), since=tx.now - timedelta(999)),
    "newest_question": lambda tx, o: tx.newest_question(o.them(), since=tx.now - timedelta(999)),
    "period": lambda tx, o: _count_asked(tx),
    "person": lambda tx, o: tx.person(o.person),
    "person_by_email": lambda tx, o: tx.person_by_email("amara.lindqvist@larkspur.example"),
    "profiles": lambda tx, o: tx.profiles(),
    "question": lambda tx, o: tx.question(o.question),
    "question_by_key": lambda tx, o: tx.question_by_key("m:memory:test:dm-amara:said-1", by=o.them()),
    "questions_of": lambda tx, o: tx.questions_of(o.them(), statuses=tuple(QuestionStatus), limit=10),
    "reach_of_campaigns": lambda tx, o: tx.reach_of_campaigns(),
    "routing": lambda tx, o: tx.routing(o.routing),
    "routings": lambda tx, o: tx.routings(o.question),
    "said": lambda tx, o: tx.said(o.key),
    "reviews_due": lambda tx, o: tx.reviews_due(again=timedelta(0)),
    "reviewers_lately": lambda tx, o: tx.reviewers_lately(since=tx.now.date() - timedelta(999)),
    "suggestion": lambda tx, o: tx.suggestion(1),
    "versions": lambda tx, o: tx.versions(o.aid),
    "suggester_of": lambda tx, o: tx.suggester_of(o.aid),
    "count_doings": lambda tx, o: _doings(tx, o.campaign),
    "sent_of_steps": lambda tx, o: tx.sent_of_steps(o.campaign),
    "barriers_of": lambda tx, o: tx.barriers_of(o.campaign, limit=9),
    "sent_between": lambda tx, o: tx.sent_between([o.person], tx.now - timedelta(999), tx.now + timedelta(999)),
    "silent_routings": lambda tx, o: tx.silent_routings(limit=10),
    "texts": lambda tx, o: tx.texts("another", [f"{o.aid}.1"]),
    "unencoded": lambda tx, o: tx.unencoded("another"),
    "vectors": lambda tx, o: tx.vectors(MODEL, ["said"]),
    "vectors_since": lambda tx, o: _vectors(tx),
    "waiting": _waits,
    "waiting_of": lambda tx, o: tx.waiting_of(o.campaign, Address(platform=PLATFORM, tenant=TENANT, person="amara")),
    "talk": lambda tx, o: tx.talk(f"{o.channel}/m1"),
}
"""What only looks: it must find nothing of the other company."""

WRITES: dict[str, Call] = {
    "adopt_aids": lambda tx, o: tx.adopt_aids([o.aid], by=o.me),
    "blank_questions": lambda tx, o: tx.blank_questions(t.Question.id == o.question),
    "change_retention": lambda tx, o: tx.change_retention({"questions": 1}, by=o.me),
    "forget_old": _forget_old,
    "erase": lambda tx, o: tx.erase(o.them(), by=o.me),
    "close_identity": lambda tx, o: tx.close_identity(PLATFORM, TENANT, "amara"),
    "hand_over": lambda tx, o: tx.hand_over(o.them()),
    "hasten_routings": lambda tx, o: tx.hasten_routings(o.person),
    "learn_profile": lambda tx, o: tx.learn_profile(PLATFORM, TENANT, Sender(id="amara", name="X"), at=tx.now),
    "note_owned": lambda tx, o: tx.note_owned(t.JobAid.id == o.aid),
    "set_met": lambda tx, o: tx.set_met(o.person),
    "set_active": lambda tx, o: tx.set_active(o.them(), active=False),
    "add_campaign": lambda tx, o: tx.add_campaign(
        Campaign(name="Refunds without friction", purpose="", steps=(Step(kind=Kind.TIP, after_days=0, text="x"),)),
        audience=(),
        places={},
        by=None,
    ),
    "add_person": lambda tx, o: tx.add_person(name="A", email="amara.lindqvist@larkspur.example"),
    "audit": lambda tx, o: tx.audit("x", "y", by=o.me),
    "claim_digest": lambda tx, o: tx.claim_digest(tx.now.date()),
    "change_conduct": lambda tx, o: tx.change_conduct({"answer_threshold": 0.5}, by=o.me),
    "change_customs": lambda tx, o: tx.change_customs({"time_zone": "UTC"}, by=o.me),
    "copy_list": lambda tx, o: tx.copy_list(o.campaign, to=o.campaign),
    "clear_list": lambda tx, o: tx.clear_list(o.campaign),
    "doings": lambda tx, o: tx.doings(_campaign(o.campaign)),
    "note_acts": lambda tx, o: tx.note_acts(o.person),
    "drop_recalls": lambda tx, o: tx.drop_recalls(o.enrolment, step_id=1),
    "give_up": lambda tx, o: tx.give_up([o.nudge]),
    "issue_pass": lambda tx, o: tx.issue_pass(Purpose.FEED, secret="stolen", person_id=o.me.id),
    "list_people": lambda tx, o: tx.list_people(o.campaign, [Named(email="a@b.example")]),
    "rewrite_campaign": lambda tx, o: tx.rewrite_campaign(
        o.campaign, Campaign(name="x", purpose="", steps=()), audience=(), places={}, by=o.me
    ),
    "set_follow_ups": lambda tx, o: tx.set_follow_ups({1: None}),
    "set_gathered": lambda tx, o: tx.set_gathered(o.campaign, expected=9, done=True),
    "take_out": lambda tx, o: tx.take_out(o.campaign, [o.person]),
    "unsettle": lambda tx, o: tx.unsettle(),
    "withdraw_pass": lambda tx, o: tx.withdraw_pass(Purpose.FEED, campaign_id=o.campaign),
    "change_channel": lambda tx, o: tx.change_channel(
        o.channel, mode=Mode.OFF, learns=False, name=None, by=o.me, among={o.me.id}
    ),
    "change_own_settings": lambda tx, o: tx.change_own_settings({"daily_cap": 1}, by=o.me),
    "change_question": lambda tx, o: tx.change_question(o.question, status=QuestionStatus.WITHDRAWN),
    "change_roles": lambda tx, o: tx.change_roles(o.person, roles=["administrator"], by=o.me),
    "change_settings": lambda tx, o: tx.change_settings({"time_zone": "UTC"}),
    "change_status": lambda tx, o: tx.change_status(o.campaign, CampaignStatus.RUNNING, by=o.me),
    "discard_campaign": lambda tx, o: tx.discard_campaign(o.campaign, by=o.me),
    "close_file": lambda tx, o: tx.close_file(THEIR_FILE),
    "discard_drafts": lambda tx, o: tx.discard_drafts(THEIR_FILE),
    "finish_file": lambda tx, o: tx.finish_file(THEIR_FILE, Stage.DONE),
    "forget_files": lambda tx, o: tx.forget_files(before=tx.now + timedelta(999)),
    "gather_again": lambda tx, o: tx.gather_again(o.campaign),
    "keep_file": lambda tx, o: tx.keep_file(THEIR_FILE.file, by=o.me, place=THEIR_FILE.place, words="stolen"),
    "put_forward": lambda tx, o: tx.put_forward(THEIR_FILE, Stage.PUBLISH),
    "discard_draft": lambda tx, o: tx.discard_draft(o.aid, by=o.me),
    "drop_waiting": lambda tx, o: tx.drop_waiting(o.routing),
    "disown_evidence": lambda tx, o: tx.disown_evidence(1, by=o.them()),
    "forget_talk": lambda tx, o: tx.forget_talk(before=tx.now + timedelta(999)),
    "forget_vectors": lambda tx, o: tx.forget_vectors(),
    "forget_meanings": lambda tx, o: tx.forget_meanings(but="another"),
    "put_meanings": lambda tx, o: tx.put_meanings(
        "another", [Read(id=1, revision=revision, codes=b"z") for revision in range(99)]
    ),
    "judge": lambda tx, o: tx.judge(o.answer, helped=False, by=o.me),
    "learn_phrasing": lambda tx, o: tx.learn_phrasing(o.aid, "stolen"),
    "name_texts": lambda tx, o: tx.name_texts(
        [Text(snippet=f"{o.aid}.1", title="x", text="y", fingerprint="z", named=named) for named in (None, "said")]
    ),
    "claim_review": lambda tx, o: tx.claim_review(o.aid, again=timedelta(0)),
    "move_file": lambda tx, o: tx.move_file("vpn-connect", to="x", origin="y"),
    "put_from_file": lambda tx, o: tx.put_from_file(JobAid(key="vpn-connect", title="x", body="y"), origin="z"),
    "retire_without_file": lambda tx, o: tx.retire_without_file(["vpn-connect"]),
    "next_evidence_revision": lambda tx, o: tx.next_evidence_revision(),
    "next_revision": lambda tx, o: tx.next_revision(),
    "note_overheard": lambda tx, o: tx.note_overheard(o.channel, Heeded.SAID),
    "note_asked_after": lambda tx, o: tx.note_asked_after(PLATFORM, TENANT, "amara", at=tx.now),
    "open_talk": lambda tx, o: tx.open_talk(f"{o.channel}/m1", o.me, "stolen"),
    "pause_nudges": lambda tx, o: tx.pause_nudges(None, by=o.me),
    "postpone": lambda tx, o: tx.postpone(o.routing, by=o.me, until=tx.now),
    "put_aid": lambda tx, o: tx.put_aid(JobAid(key="vpn-connect", title="x", body="y"), by=o.me, source="form"),
    "put_aids": lambda tx, o: tx.put_aids([JobAid(key="printer", title="x", body="y")], source="import"),
    "put_installation": lambda tx, o: tx.put_installation(PLATFORM, TENANT, sealed="x", expires_at=None, after=0),
    "put_term": lambda tx, o: tx.put_term("POS", "point of sale", by=o.me, audience=frozenset({"group:x"})),
    "change_term": lambda tx, o: tx.change_term(1, "POS", "x", by=o.me, grants=GRANTS),
    "remove_term": lambda tx, o: tx.remove_term(1, by=o.me, grants=GRANTS),
    "decline_term": lambda tx, o: tx.decline_term("POS", "point of sale", by=o.me),
    "put_vectors": lambda tx, o: tx.put_vectors(MODEL, {"said": b"z"}),
    "record_response": lambda tx, o: tx.record_response(o.nudge, "stop"),
    "reply_to_talk": lambda tx, o: tx.reply_to_talk(f"{o.channel}/m1", o.me),
    "restrain": lambda tx, o: tx.restrain(o.channel, o.person, until=tx.now + timedelta(9)),
    "revise": lambda tx, o: tx.revise(o.key, CARD),
    "reword_answer": lambda tx, o: tx.reword_answer(o.answer, "x", by=o.them()),
    "restore_version": lambda tx, o: tx.restore_version(o.aid, 1, by=o.me, expect=1),
    "set_care": lambda tx, o: tx.set_care(o.aid, by=o.me, owner=o.me.id, deputy=None, review_days=1, locked=True),
    "settle_suggestion": lambda tx, o: tx.settle_suggestion(1, SuggestionStatus.ACCEPTED, by=o.me),
    "rewrite_aid": lambda tx, o: tx.rewrite_aid(o.aid, by=o.me, title="x", body="y", need=""),
    "send": lambda tx, o: tx.send(Address(platform=PLATFORM, tenant="b", person="bo"), CARD),
    "send_once": lambda tx, o: tx.send_once(
        Address(platform=PLATFORM, tenant="b", person="bo"), CARD, key=o.key, lane=Lane.CAMPAIGN
    ),
    "send_all": lambda tx, o: tx.send_all(
        [Saying(to=Address(platform=PLATFORM, tenant="b", person="bo"), card=CARD, key="k")], lane=Lane.CAMPAIGN
    ),
    "set_group": lambda tx, o: tx.set_group("@cooks", [o.person]),
    "set_owner": lambda tx, o: tx.set_owner(o.aid, o.me.id, by=o.them()),
    "set_fallback": lambda tx, o: tx.set_fallback(person_id=o.person, place=None, name=None, keep_place=False, by=o.me),
    "set_profile": lambda tx, o: tx.set_profile(o.me, consent="no"),
    "set_shadow": lambda tx, o: tx.set_shadow(True, by=o.me),
    "take_the_floor": lambda tx, o: tx.take_the_floor(o.channel, o.person, until=tx.now),
    "settle": lambda tx, o: tx.settle(o.routing, RoutingStatus.CLOSED, by=None),
    "show_evidence": lambda tx, o: tx.show_evidence(o.me.id, EvidenceKind.SPOKE, "x", source="sample:1"),
    "verify_aid": lambda tx, o: tx.verify_aid(o.aid, by=o.them()),
}
"""What writes: the other company's rows must stay as they were."""

ELSEWHERE = {
    # They take rows of the machinery, or records that only a look of the same company hands out.
    *("accept", "finish", "enrol", "enrol_unsettled", "add_follow_up", "keep_memory", "lock_learners", "everyone"),
    "colleagues",
    *("key_of", "knowledge_since", "recognise", "record_answer", "take_evidence"),
    "suggest_change",
    # It counts for this company alone; and everybody of this one is here.
    *("evidence_revision", "everybody", "people_mark", "not_here", "invite"),
    *("record_barrier", "record_nudges", "record_question", "revision", "route", "set_series", "tally"),
    *("give_lease_back", "take_lease", "workspace_record"),
    # A company that has learned nothing of its own has the shipped one; and it keeps what it learns under its own name.
    *("calibration", "keep_calibration", "routing_weights", "keep_routing_weights"),
}


def test_every_method_of_a_transaction_is_tried() -> None:
    methods = {
        name for name, _ in inspect.getmembers(Transaction, inspect.iscoroutinefunction) if not name.startswith("_")
    }
    assert methods == set(LOOKS) | set(WRITES) | ELSEWHERE


async def found_second_company(talk: Dialogue) -> tuple[Store, int, Other]:
    """The sample company, with something of everything in it; and a second, empty one."""
    await talk.says("amara", "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?")
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer="It is the slider.")
    await talk.says("amara", "Does anybody know how long a gift card is valid?", channel="support-desk", key="m1")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        amara = await tx.known_person(PLATFORM, TENANT, "amara")
        assert amara is not None
        await tx.change_channel(CHANNEL, mode=Mode.OFFER, learns=True, name="support-desk", by=amara, among={amara.id})
        await tx.note_overheard(CHANNEL, Heeded.SAID, aid_id=1)
        await tx.open_talk(f"{CHANNEL}/m1", amara, "How long?")
        await tx.reply_to_talk(f"{CHANNEL}/m1", amara)
        await tx.restrain(CHANNEL, amara.id, until=talk.clock() + timedelta(1))
        await tx.put_vectors(MODEL, {"said": b"x"})
        shown = await tx.evidence_unread(MODEL, limit=10)
        await tx.put_meanings(MODEL, [Read(id=one.id, revision=one.revision, codes=b"x") for one in shown])
        await tx.enrol_unsettled(1, [amara.id])
        await tx.add_follow_up(1, step_id=1, round=1, due=talk.clock() - timedelta(1))
        await tx.keep_memory(
            amara, ITEM, Memory(stability=1, difficulty=1, reviewed_at=talk.clock(), reviews=1, lapses=0)
        )
        await tx.list_people(1, [Named(email="listed@x.example")])
        await tx.issue_pass(Purpose.FEED, secret="theirs", campaign_id=1)
        expert = replace(amara, roles=frozenset({"expert"}))
        await tx.keep_file(THEIR_FILE.file, by=expert, place=THEIR_FILE.place, words="")
        drafted = JobAid(key="file:1:x:0", title="x", body="y", status=Status.DRAFT)
        await tx.put_aids([drafted], source="file", sender=expert)
        await tx.set_gathered(1, expected=None, done=True)
        aid = await tx.aid(1)
        said = {"title": aid.title, "need": aid.need, "body": "Better."}
        await tx.suggest_change(aid, by=amara, **said, note="", put_to=[1], version=1)
    workspace, _ = await talk.store.found_workspace(PLATFORM, "b", name="Second", now=talk.clock())
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        me = await tx.recognise(PLATFORM, "b", Sender(id="bo", name="Bo"))
        await tx.change_roles(me.id, roles=["administrator", "ld", "expert"], by=None)
        me = await tx.person(me.id)
    async with talk.store.database.write() as db:  # somebody who could still be met, though not by the others
        await db.execute(update(t.Person).where(t.Person.id == 1).values(met_at=None))
    async with talk.store.database.read() as db:
        key = (await db.execute(select(t.OutboxRow.key).limit(1))).scalar_one()
    other = Other(person=1, aid=1, question=1, answer=1, routing=1, campaign=1, enrolment=1, nudge=1, key=key, me=me)
    return talk.store, workspace, other


async def test_no_look_finds_anything_of_the_other_company(talk: Dialogue) -> None:
    store, workspace, other = await found_second_company(talk)
    leaks: dict[str, Any] = {}
    for name, call in LOOKS.items():
        async with store.reading(workspace, now=talk.clock()) as tx:
            try:
                found = await call(tx, other)
            except (GoneError, NotAllowedError, LookupError):
                continue
        if found:
            leaks[name] = found
    assert leaks == {}


async def test_people_and_knowledge_are_counted_apart(talk: Dialogue) -> None:
    store, workspace, other = await found_second_company(talk)
    async with store.reading(workspace, now=talk.clock()) as tx:
        assert [person.id for person in await tx.everyone()] == [other.me.id]
        assert await tx.colleagues() == {other.me.id}
        changes = await tx.knowledge_since(0)
        assert (changes.revision, changes.upsert, changes.remove, changes.glossary) == (0, (), (), ())


async def test_no_write_changes_a_row_of_the_other_company(talk: Dialogue) -> None:
    store, workspace, other = await found_second_company(talk)
    before = await _rows_of(store, 1)
    for call in WRITES.values():
        try:
            async with store.transaction(workspace, now=talk.clock()) as tx:
                await call(tx, other)
        except (GoneError, NotAllowedError, LookupError):
            pass
    assert await _rows_of(store, 1) == before


async def test_a_row_of_the_inbox_is_finished_only_by_its_lease(talk: Dialogue) -> None:
    store, workspace, _ = await found_second_company(talk)
    stranger = Received(id=1, key="x", payload="", attempts=1, lease="not mine")
    with pytest.raises(Exception, match="x"):
        async with store.transaction(workspace, now=talk.clock()) as tx:
            await tx.finish(stranger)


async def _rows_of(store: Store, workspace: int) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {}
    async with store.database.read() as db:
        for mapper in Base.registry.mappers:
            table = mapper.local_table
            if "workspace_id" in table.c:
                look = select(table).where(table.c.workspace_id == workspace).order_by(*table.primary_key)
                rows[str(table)] = list((await db.execute(look)).all())
        look = select(t.Workspace.__table__).where(t.Workspace.id == workspace)
        rows["workspace"] = list((await db.execute(look)).all())
    return rows
