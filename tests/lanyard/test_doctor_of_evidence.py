"""`lanyard doctor` says how much of what tells whom to ask the language model has still to read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.encoding import Encoding
from bot.store import Store
from knowledge.embedding import open_encoder
from knowledge.model import EvidenceKind
from lanyard.config import Settings
from lanyard.doctor import examine

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_what_is_still_to_be_read_is_counted_and_nothing_is_said_once_all_is(
    store: Store, empty_url: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", empty_url)
    workspace, _ = await store.found_workspace("web", "local", name="Here", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        person = await tx.add_person(name="Ann", email="ann@larkspur.example")
        for number in range(3):
            await tx.show_evidence(person, EvidenceKind.ANSWERED, f"refund {number}", source=f"s{number}")

    async def said(model: str) -> list[str]:
        monkeypatch.setenv("LANYARD_MODEL", model)
        return [finding.text for finding in await examine() if finding.subject == "experts"]

    assert await said("none") == []
    assert await said(str(tiny_model)) == [
        "3 of 3 answers are still to be read by the language model, while Lanyard runs"
    ]
    encoder = open_encoder(tiny_model)
    assert encoder is not None
    assert await Encoding(store, encoder).hear() == 3
    assert await said(str(tiny_model)) == []
