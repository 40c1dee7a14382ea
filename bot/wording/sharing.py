"""What is said of a campaign's completion list and feed, and of a learner's own calendar."""

from __future__ import annotations

from bot.messages import Card, Facts, Markdown, Text, Tone
from knowledge.job_aids import plain_name


def completions(name: str, address: str, secret: str) -> Card:
    text = f"A training can now tell Lanyard who has completed it, for “{name}”:"
    example = (
        f"curl -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' \\\n"
        f'     -d \'{{"email": "ana@example.com"}}\' {address}'
    )
    return Card(
        summary=f"The completion list of “{name}”",
        parts=(
            Text(text=text),
            Facts(facts=(("Address", address), ("Token", secret))),
            Markdown(text=f"```\n{example}\n```"),
            Text(
                text="It takes xAPI statements (also at /completions/statements), JSON with “email”, and CSV. The "
                "token is shown this once; pressing the button again makes a new one, and this one ends.",
                tone=Tone.QUIET,
            ),
        ),
    )


def feed(name: str, address: str) -> Card:
    return Card(
        summary=f"“{name}” as a feed",
        parts=(
            Text(text=f"“{name}” can be read in any feed reader at:"),
            Text(text=address),
            Text(
                text="Whoever has the address can read it, and only what everybody in the company may see is in it. "
                "Pressing the button again makes a new address, and this one ends.",
                tone=Tone.QUIET,
            ),
        ),
    )


def calendar(address: str) -> Card:
    return Card(
        summary="Your reminders in a calendar",
        parts=(
            Text(text="Subscribe to your reminders in any calendar at:"),
            Text(text=address),
            Text(
                text="It tells when they come, and of which series, not what they say. Keep the address to yourself; "
                "pressing the button again makes a new one, and this one ends.",
                tone=Tone.QUIET,
            ),
        ),
    )


def appointment(series: str) -> str:
    return f"Reminder: {plain_name(series)}"
