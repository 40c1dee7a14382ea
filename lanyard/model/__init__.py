"""The language model of this installation: where it lies, whether it can be used, how it is made."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.store import Store
from knowledge.embedding import Encoder, UnusableModelError, open_encoder
from lanyard.config import Settings

log = structlog.get_logger(__name__)

NAME = "all-MiniLM-L6-v2-int8"
NONE = "none"
"""The value of LANYARD_MODEL that asks for words alone."""

REMEDY = "Run `lanyard model build`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What serves: an encoder, or none; `text` says which, or why not. Not `well` is what somebody should mend."""

    encoder: Encoder | None
    well: bool
    text: str
    folder: Path | None = None


async def find_former(store: Store, chosen: Chosen) -> Encoder | None:
    """The model that served here before, where it can still be opened: it serves until the new one has read all.

    Remembers the new one.
    """
    try:
        told = json.loads(await store.setting("model") or "{}")
        now, before = told.get("now"), told.get("before")
    except (ValueError, AttributeError):
        now = before = None
    if chosen.encoder is None or chosen.folder is None:
        return None
    mine = [chosen.encoder.identity, str(chosen.folder.absolute())]
    if now != mine:
        before = now if now and now[0] != mine[0] else before
        await store.set_setting("model", json.dumps({"now": mine, "before": before}))
    if not before or before[0] == mine[0]:
        return None
    try:
        former = open_encoder(Path(before[1]))
    except UnusableModelError as error:
        log.warning("former model left aside", folder=before[1], reason=str(error))
        return None
    return former if former is not None and former.identity == before[0] else None


def places(settings: Settings) -> tuple[Path, ...]:
    """The folders in which a built model is looked for, the first one first: with the data, then the environment's."""
    return (settings.data_dir / "models" / NAME, Path(sys.prefix) / "share" / "lanyard" / "models" / NAME)


def choose(settings: Settings) -> Chosen:
    """The model that the settings name; else the built one, wherever it lies whole. Raises nothing."""
    if settings.model == NONE:
        return Chosen(encoder=None, well=True, text="by words alone, as LANYARD_MODEL asks")
    faults = []
    for folder in (Path(settings.model),) if settings.model else places(settings):
        try:
            encoder = open_encoder(folder, threads=settings.model_threads)
        except UnusableModelError as error:
            log.warning("model left aside", folder=str(folder), reason=str(error))
            faults.append(str(error))
            continue
        if encoder is not None:
            text = f"by words and by meaning, with {encoder.identity}"
            return Chosen(encoder=encoder, well=True, text=text, folder=folder)
    if faults:
        remedy = "Put it back, or choose another with LANYARD_MODEL." if settings.model else REMEDY
        return Chosen(encoder=None, well=False, text=f"by words alone: {' '.join(faults)} {remedy}")
    if settings.model:
        text = f"by words alone: there is no model in {settings.model}. Correct LANYARD_MODEL, or leave it empty."
        return Chosen(encoder=None, well=False, text=text)
    return Chosen(encoder=None, well=True, text=f"by words alone: no language model is built. {REMEDY}")
