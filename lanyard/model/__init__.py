"""The language model of this installation: where it lies, whether it can be used, how it is made."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

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
            return Chosen(encoder=encoder, well=True, text=f"by words and by meaning, with {encoder.identity}")
    if faults:
        remedy = "Put it back, or choose another with LANYARD_MODEL." if settings.model else REMEDY
        return Chosen(encoder=None, well=False, text=f"by words alone: {' '.join(faults)} {remedy}")
    if settings.model:
        text = f"by words alone: there is no model in {settings.model}. Correct LANYARD_MODEL, or leave it empty."
        return Chosen(encoder=None, well=False, text=text)
    return Chosen(encoder=None, well=True, text=f"by words alone: no language model is built. {REMEDY}")
