"""One line an event, with what belongs to it and nothing of what people said."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog

from lanyard import logs
from lanyard.config import read_settings

SetUp = Callable[..., io.StringIO]


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    """Sets logging up as `serve` does and gives what is written; afterwards everything is as it was."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}

    def act(form: str = "json") -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("LANYARD_LOG_FORMAT", form)
        monkeypatch.setenv("LANYARD_LOG_LEVEL", "info")
        logs.set_up(read_settings())
        return stream

    yield act
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, kept in levels.items():
        logging.getLogger(name).setLevel(kept)
    structlog.configure(**before)


def fail_over(secret: str) -> None:
    spoken = f"what somebody said: {secret}"
    raise RuntimeError(f"{len(spoken)} characters")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_events_and_the_libraries_have_one_form(set_up: SetUp) -> None:
    written = set_up()

    structlog.get_logger("bot.test").info("serving", port=3978)
    logging.getLogger("some.library").warning("it is %s", "late", extra={"reference": "0123abcd"})

    ours, theirs = lines(written)
    assert (ours["event"], ours["port"], ours["level"], ours["logger"]) == ("serving", 3978, "info", "bot.test")
    assert (theirs["event"], theirs["reference"], theirs["level"]) == ("it is late", "0123abcd", "warning")
    assert str(ours["timestamp"]).endswith("Z")


def test_a_line_break_in_an_event_does_not_make_a_second_line(set_up: SetUp) -> None:
    written = set_up()

    structlog.get_logger("bot.test").info("undeliverable", reason='first\n{"event": "forged"}')

    assert [line["event"] for line in lines(written)] == ["undeliverable"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_the_way_but_no_values_of_variables(set_up: SetUp, form: str) -> None:
    written = set_up(form)

    password = "hunter2"
    try:
        fail_over(password)
    except RuntimeError:
        structlog.get_logger("bot.test").exception("inbound failed", reference="0123abcd")

    assert "fail_over" in written.getvalue()
    assert "RuntimeError" in written.getvalue()
    assert "0123abcd" in written.getvalue()
    assert password not in written.getvalue()


def test_libraries_that_log_what_passes_through_them_are_heard_only_when_they_warn(set_up: SetUp) -> None:
    written = set_up()

    for name in logs.QUIET:
        logging.getLogger(f"{name}.part").info("body: my password is hunter2")
        logging.getLogger(f"{name}.part").warning("careful")

    assert [line["event"] for line in lines(written)] == ["careful"] * len(logs.QUIET)
