"""JSON Lines files from outside, read line by line into forms; a bad line is named with its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Form = TypeVar("Form", bound=BaseModel)


class UnusableInputError(Exception):
    """A file cannot be used as it is. The message names the file, the line, the fault and the remedy."""


def read_lines(path: Path, form: type[Form], example: str) -> Iterator[tuple[int, Form]]:
    """Each line that is not blank, with its number from 1; `example` shows how one looks. Raises UnusableInputError."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, raw in enumerate(file, 1):
                if raw.strip():
                    yield number, form.model_validate(json.loads(raw))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableInputError(f"{path} cannot be read: {reason}. Check the path.") from None
    except UnicodeDecodeError:
        raise UnusableInputError(f"{path}, after line {number}: It is not UTF-8. Save the file as UTF-8.") from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
        problem = f"“{where}”: {fault['msg']}" if where else fault["msg"]
        raise UnusableInputError(f"{path}, line {number}: {problem}. Write {example}.") from None
    except (ValueError, RecursionError) as error:
        raise UnusableInputError(f"{path}, line {number}: It is not JSON: {error}. Write {example}.") from None
