"""files.*: what people have sent, and what the app uploads: in three steps, read by Slack some time after the last.

A picture can stand in a message as soon as Slack has read it (its type is known by then), and only in messages of who
may see it: an unshared file is its owner's alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.doubles.slack.methods import Answer, Call, Refused, method
from tests.doubles.slack.model import Installation
from tests.doubles.slack.shapes import file_shape
from tests.doubles.slack.world import File, World

ALT = 1000
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
FILE_ID = re.compile(r"F[A-Z0-9]{8,}")


@method("files.getUploadURLExternal", "files:write", tier="4")
def get_upload_url(call: Call) -> Answer:
    name, length = call.args.need("filename"), call.args.number("length", 0)
    if length < 1:
        raise Refused("missing_argument")
    if len(call.args.text("alt_txt") or "") > ALT:
        raise Refused("alt_txt_too_large")
    file = File(id=call.world.new_id("F"), owner=call.caller, name=name, length=length)
    call.world.files[file.id] = file
    return {"upload_url": f"{call.address}/upload/v1/{file.id}", "file_id": file.id}


@method("files.info", "files:read", tier="4")
def show(call: Call) -> Answer:
    """What a person has sent, as far as the bot is where it was sent."""
    id_ = call.args.need("file")
    sent = call.world.sent.get(id_)
    if sent is None or call.caller.bot.id not in sent.message.channel.members:
        raise Refused("file_not_found")
    if sent.deleted:
        raise Refused("file_deleted")
    shape = file_shape(sent.message, sent.name, at=call.address, size=len(sent.content))
    return {"file": shape | sent.more}


def download(world: World, file_id: str, token: str | None) -> bytes | None:
    """What the address of a file answers; None for the page on which people sign in."""
    sent = world.sent.get(file_id)
    known = [one for one in world.installations if token is not None and one.token == token]
    if sent is None or sent.deleted or not known or "files:read" not in known[0].scopes:
        return None
    return sent.content if known[0].bot.id in sent.message.channel.members else None


def upload(world: World, file_id: str, content: bytes) -> int:
    """What the address of an upload answers: its status."""
    file = world.files.get(file_id)
    if file is None or file.content is not None:
        return 404
    if len(content) != file.length:
        return 400
    file.content = content
    return 200


@method("files.completeUploadExternal", "files:write", tier="4")
def complete_upload(call: Call) -> Answer:
    given = call.args.structure("files", "invalid_arguments")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise Refused("invalid_arguments")
    done = []
    for one in given:
        file = call.world.files.get(str(one.get("id")))
        if file is None or file.owner is not call.caller or file.content is None:
            raise Refused("file_not_found")
        file.title, file.reads_left = one.get("title"), call.world.reading_takes
        done.append({"id": file.id, "title": file.title, "mimetype": "", "filetype": ""})  # not known yet
    return {"files": done}


def check_pictures(world: World, caller: Installation, blocks: Any) -> None:
    """Raises what Slack refuses of the files in blocks that are in order otherwise."""
    for at, given in _files(blocks, "/blocks"):
        file = world.files.get(str(given.get("id"))) if set(given) == {"id"} else None
        problem = "" if file is not None and file.owner is caller and _is_picture(file) else "invalid slack file"
        if "id" in given and not FILE_ID.fullmatch(str(given["id"])):
            problem = f"input must match regex pattern: ^{FILE_ID.pattern}$"
        if problem:
            found = [f"{problem} [json-pointer:{at}]"]
            raise Refused("invalid_blocks", messages=found, errors=found)


def _is_picture(file: File) -> bool:
    if file.reads_left is None:  # never completed
        return False
    if file.reads_left > 0:
        file.reads_left -= 1
        return False
    return any(file.content is not None and file.content.startswith(sign) for sign in SIGNATURES)


def _files(given: Any, at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(given, Mapping):
        for name, value in given.items():
            if name == "slack_file" and isinstance(value, Mapping):
                yield f"{at}/{name}", value
            else:
                yield from _files(value, f"{at}/{name}")
    elif isinstance(given, list):
        for number, one in enumerate(given):
            yield from _files(one, f"{at}/{number}")
