"""The child: reads one document and writes what it found, one JSON object a line, then a last line that it is done.

It lives under limits that it sets upon itself before it touches the file, and that it cannot take off again.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.spawn", "os.posix_spawn", "ctypes.dlopen")


def main() -> None:
    path, name, memory, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    from knowledge.documents import READERS, read
    from knowledge.documents.limits import Refused

    # Before the limits: the libraries themselves are not what is limited.
    alone = READERS.get(path.suffix.lower())
    for module in {alone} if alone else {"bundles", *READERS.values()}:
        import_module(f"knowledge.documents.{module}")

    _limit(memory, seconds)
    sys.addaudithook(_watch)
    try:
        with path.open("rb") as file:
            for found in read(file, name):
                if isinstance(found, Refused):
                    _say({"file": found.file, "problem": found.problem, "remedy": found.remedy})
                else:
                    _say({"fields": found})
    except Refused as refused:
        _say({"problem": refused.problem, "remedy": refused.remedy})
    except RecursionError:
        _say({"problem": "Its elements lie too deep in each other.", "remedy": "Save it again, in a simpler form."})
    except MemoryError:
        _say({"problem": "To read it takes more memory than it may.", "remedy": "Cut it into parts."})
    _say({"done": True})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _limit(memory: int, seconds: int) -> None:
    """Bytes of memory and seconds of the processor; no file can be written, and few be open."""
    try:
        import resource
    except ImportError:  # not on this system: there the parent's clock alone holds
        return
    wanted = [
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
    ]
    for what, most in wanted:
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # a system that does not have this limit, or a lower one already
            continue


def _watch(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith(FORBIDDEN):
        raise PermissionError(f"A document is read without {event}.")


if __name__ == "__main__":
    main()
