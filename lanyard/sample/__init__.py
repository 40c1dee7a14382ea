"""Larkspur Outfitters, the invented company that a newcomer meets: where its files lie. Nobody in it is real.

Job aids are named by their file's stem. The dates in them were true on `WRITTEN_ON`: shift `verified_on` by the days
since then when the sample is loaded, so that three aids are overdue on the first day, however late that day comes.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

WRITTEN_ON: Final = date(2026, 11, 22)

_HERE: Final = Path(__file__).parent

JOB_AIDS: Final = _HERE / "job_aids"  # a folder of Markdown with front matter
GLOSSARY: Final = _HERE / "glossary.yaml"
COMPANY: Final = _HERE / "company.yaml"
CAMPAIGN: Final = _HERE / "campaign.yaml"
HISTORY: Final = _HERE / "history.jsonl"
