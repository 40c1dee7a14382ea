"""The addresses of Lanyard's own pages. An address says where, and nothing of what is there or who may read it."""

from __future__ import annotations

import re

AIDS = "/aids"
ENTER = f"{AIDS}/enter"
LEAVE = f"{AIDS}/leave"
CAMPAIGNS = "/campaigns"
OWN_DATA = "/mine"
INSIGHT = "/insight"

_AID = re.compile(r"/([0-9]{1,15})/([0-9]{1,15})/?", re.ASCII)


def path_of_aid(workspace: int, number: int) -> str:
    return f"{AIDS}/{workspace}/{number}"


def path_of_campaign(workspace: int, campaign: int) -> str:
    return f"{CAMPAIGNS}/{workspace}/{campaign}"


def read_aid(base: str, address: str) -> tuple[int, int] | None:
    """The workspace and the number of the job aid whose page has this address; None for every other address.

    `base` is Lanyard's public address. Whatever follows a `?` or `#` is not looked at: people's programs add to it.
    """
    pages = base.rstrip("/") + AIDS
    bare = re.split(r"[?#]", address.strip(), maxsplit=1)[0]
    if not base or bare[: len(pages)].casefold() != pages.casefold():
        return None
    found = _AID.fullmatch(bare[len(pages) :])
    return (int(found[1]), int(found[2])) if found else None
