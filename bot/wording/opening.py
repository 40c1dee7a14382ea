"""Job aids in a browser: the way in, and what the pages say."""

from __future__ import annotations

from bot.messages import Card, Link, Links, Text
from bot.store.records import Aid
from bot.wording.asking import cut

NO_PAGES = "I have no pages here: whoever runs Lanyard gives it a public address first, as LANYARD_URL."


def not_found(what: str) -> str:
    return f"There is no job aid “{cut(what, 60)}” that you may see. Write “open” alone for all that you may."


def way_in(url: str, aid: Aid | None) -> Card:
    label = cut(aid.title, 100) if aid is not None else "All job aids"
    text = f"Open it in your browser: {label}" if aid is not None else "Open the job aids in your browser"
    return Card(
        summary=text,
        parts=(
            Links(links=(Link(label=label, url=url),)),
            Text(text="For you alone: the link works once, within ten minutes. Pass on the page's address instead."),
        ),
    )


def way_to_figures(url: str, name: str) -> Card:
    label = cut(f"“{name}” in figures", 100)
    return Card(
        summary=f"Open it in your browser: {label}",
        parts=(
            Links(links=(Link(label=label, url=url),)),
            Text(text="For you alone: the link works once, within ten minutes."),
        ),
    )


# ── on the pages ──

CLOSED_TITLE = "Please come in by your chat"
CLOSED = (
    "Job aids are for colleagues, and this browser has not said who you are.",
    "Write this to Lanyard, in Slack or Teams. It gives you a link that works for you alone:",
)
NOTHING_TITLE = "There is nothing here for you"
NOTHING = (
    "Either nothing has this address, or it is not for you to read.",
    "If somebody sent it to you, ask them what it says; or ask Lanyard in your chat.",
)
ENTER_TITLE = "Come in"
ENTER = "Lanyard knows you from your chat. For twelve hours this browser can read what you may read."
ENTER_BUTTON = "Open in this browser"
USED_TITLE = "This link has been used"
USED = ("It works once, and for ten minutes. Write this to Lanyard, in Slack or Teams, for another one:",)
BUSY_TITLE = "Just a moment"
BUSY = ("Lanyard cannot look it up just now. Please try again in a moment.",)
ALL_TITLE = "Job aids"
NONE_YET = "There is none that you may read, so far."
LEAVE_BUTTON = "Forget this browser"
ASK = "Questions? Ask Lanyard in your chat; it takes them to whoever knows."


FIGURES = "nudge figures"
"""What to write in chat, to come to the figures of a campaign."""


def command(number: str) -> str:
    """What to write in chat, to come to the page."""
    return f"open {number}".strip()
