"""A training tells who has completed it: they are put on the campaign's list, and enrolled in it while it runs."""

from __future__ import annotations

from bot.journeys.people import find_on_platforms
from bot.services import Services
from bot.store import GoneError
from bot.store.listing import Found
from scheduler.completions import Report
from scheduler.model import CampaignStatus


async def take(services: Services, found: Found, report: Report) -> int:
    """Returns how many of them are new on the list of the campaign that the pass is for. Raises GoneError.

    Told again, it changes nothing. What breaks off after the list was kept is taken up when the audience is gathered.
    """
    workspace, campaign_id = found.workspace_id, found.campaign_id
    assert campaign_id is not None
    now = services.now()
    async with services.store.transaction(workspace, now=now) as tx:
        record = await tx.campaign(campaign_id)
        if record.plan.status is CampaignStatus.ENDED:
            raise GoneError(f"“{record.plan.name}” is over.")
        new = 0
        for one in report.completions:
            new += await tx.list_people(campaign_id, [one.named], told_by=one.statement or "told")
        people = [
            await tx.add_person(name=one.named.name or one.named.email, email=one.named.email)
            for one in report.completions
            if record.plan.status is not CampaignStatus.DRAFT
        ]
    if people:
        await find_on_platforms(services, workspace, people)
        async with services.store.transaction(workspace, now=now) as tx:
            active = [person.id for person in (await tx.people_by_id(people)).values() if person.active]
            await tx.enrol_unsettled(campaign_id, active)
    return new
