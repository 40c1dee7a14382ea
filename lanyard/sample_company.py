"""Bringing the sample company in: once, into an empty workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any

import structlog
import yaml

from adapters.web import Channel, Persona
from bot.messages import Scope, Sender
from bot.store import Store, Transaction
from knowledge.job_aids import Fault, read
from knowledge.model import EvidenceKind
from lanyard import sample
from scheduler.model import Campaign, Kind, Step

log = structlog.get_logger(__name__)

MARK = "sample"
"""The installation's setting that says whether the sample company was loaded."""

BADGES = {"administrator": "Administrator", "ld": "L&D", "expert": "Expert"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def _company() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(sample.COMPANY.read_text(encoding="utf-8"))
    return loaded


def personas() -> tuple[Persona, ...]:
    """The people one can be on the web page."""
    return tuple(
        Persona(
            sender=_sender(person),
            title=person["title"],
            badge=next((badge for role, badge in BADGES.items() if role in person["roles"]), ""),
        )
        for person in _company()["people"]
    )


def channels() -> tuple[Channel, ...]:
    return tuple(
        Channel(
            id=channel["id"],
            name=channel["name"],
            scope=Scope(channel["scope"]),
            members=tuple(channel["members"]),
        )
        for channel in _company()["channels"]
    )


def prompts() -> tuple[str, ...]:
    """What a newcomer may ask first."""
    return tuple(question["question"] for question in _company()["first_questions"])


async def load_if_new(store: Store, *, platform: str, tenant: str, sample: bool, now: datetime | None = None) -> bool:
    """Make the tenant's workspace known; fill a new one with the sample. Returns whether the sample is there."""
    now = now or datetime.now(UTC)
    name = str(_company()["name"]) if sample else "My company"
    workspace, new = await store.found_workspace(platform, tenant, name=name, now=now)
    if new and sample:
        async with store.transaction(workspace, now=now) as tx:
            await _load(tx, platform=platform, tenant=tenant)
        await store.set_setting(MARK, "yes")
        log.info("sample company loaded", workspace=workspace)
    return await store.setting(MARK) == "yes"


async def _load(tx: Transaction, *, platform: str, tenant: str) -> None:
    company = _company()
    settings = dict(company["settings"])
    settings["working_days"] = [WEEKDAYS.index(day) for day in settings["working_days"]]
    await tx.change_settings(settings)
    ids: dict[str, int] = {}
    for person in company["people"]:
        known = await tx.recognise(platform, tenant, _sender(person))
        ids[person["id"]] = known.id
        await tx.set_met(known.id)  # they have been using it for a while
        await tx.change_roles(known.id, roles=person["roles"], groups=person["groups"], by=None)
        if person["topics"]:
            await tx.set_profile(known, consent="yes", topics=person["topics"])
    for term, expansion in yaml.safe_load(sample.GLOSSARY.read_text(encoding="utf-8")).items():
        await tx.put_term(str(term), str(expansion), by=None)
    await _load_aids(tx)
    await _load_history(tx, ids, place=f"{platform}/{tenant}")
    await _load_campaign(tx, ids, platform=platform, tenant=tenant)


async def _load_aids(tx: Transaction) -> None:
    # The sample stays as old as on the day it was written, so that as many aids are overdue, however late one starts.
    aged = tx.now.date() - sample.WRITTEN_ON
    for aid in read(sample.JOB_AIDS, root=sample.JOB_AIDS):
        assert not isinstance(aid, Fault), aid
        verified = aid.verified_on + aged if aid.verified_on else None
        await tx.put_aid(replace(aid, key=aid.key.removesuffix(".md"), verified_on=verified), by=None, source="sample")


async def _load_history(tx: Transaction, ids: Mapping[str, int], *, place: str) -> None:
    weights = {True: 2.0, False: 0.3, None: 1.0}
    lines = sample.HISTORY.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        past = json.loads(line)
        await tx.show_evidence(
            ids[past["answered_by"]],
            EvidenceKind.ANSWERED,
            f"{past['question']}\n{past['answer']}",
            source=f"sample:{number}",
            at=tx.now - timedelta(days=past["days_ago"]),
            place=f"{place}/{past['channel']}" if past["channel"] else None,
            weight=weights[past["helped"]],
        )


async def _load_campaign(tx: Transaction, ids: Mapping[str, int], *, platform: str, tenant: str) -> None:
    plan = yaml.safe_load(sample.CAMPAIGN.read_text(encoding="utf-8"))
    steps = []
    for step in plan["steps"]:
        aid = await tx.aid_by_key(step["aid"]) if "aid" in step else None
        steps.append(
            Step(
                kind=Kind(step["kind"]),
                after_days=step["after_days"],
                text=step.get("text", ""),
                answer=step.get("answer", ""),
                aid=str(aid.id) if aid else None,
            )
        )
    sender = await tx.person(ids[plan["sender"]])
    await tx.add_campaign(
        Campaign(name=plan["name"], purpose=plan["purpose"], steps=tuple(steps), at=time.fromisoformat(plan["at"])),
        audience=(plan["audience"],),
        places={
            plan["audience"]: {
                "platform": platform,
                "tenant": tenant,
                "conversation": str(plan["audience"]).removeprefix("#"),
            }
        },
        by=sender,
    )


def _sender(person: Mapping[str, Any]) -> Sender:
    return Sender(id=person["id"], name=person["name"], email=person["email"], time_zone=person["time_zone"])
