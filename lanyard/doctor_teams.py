"""What the doctor looks at where Teams is connected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.metadata import version

from adapters.teams.examining import Checked, examine
from lanyard.config import Settings
from lanyard.teams import cloud_of, proof_of


async def examine_teams(settings: Settings, *, running: bool) -> AsyncIterator[Checked]:
    """Raises SettingsError for a certificate that is none."""
    cloud = cloud_of(settings)
    async for checked in examine(
        app_id=settings.teams_app_id,
        proof=proof_of(settings, cloud, now=lambda: datetime.now(UTC)),
        cloud=cloud,
        url=settings.url,
        version=version("lanyard"),
        running=running,
    ):
        yield checked
