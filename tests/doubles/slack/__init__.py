"""A Slack of our own that speaks the real protocol; `double` says how to use it, `python -m` starts it alone."""

from __future__ import annotations

from tests.doubles.slack.double import Clock, Deed, Fault, Person, Slack, Wrong, open_slack

__all__ = ["Clock", "Deed", "Fault", "Person", "Slack", "Wrong", "open_slack"]
