"""A file sent to Lanyard on each platform, over its wire: drafted, published, listed; who may not is told."""

from __future__ import annotations

from tests.adapters.chat import Chat
from tests.doubles import documents as made

MANUAL = made.word(
    made.paragraph("Scale manual", "Heading1"),
    made.paragraph("To reset the scale, hold both of its buttons until the display shows 0, then let go."),
)
TABLE = (
    b"title,body\n"
    b"Reset the scale,Hold both of its buttons until the display shows 0.\n"
    b"Order labels,Ask the stores for labels of roll 7714 by noon.\n"
)
PEOPLE = b"email,name\nada@larkspur.example,Ada\nbo@larkspur.example,Bo\n"


async def test_a_document_becomes_a_draft_which_one_tap_publishes_and_a_colleague_finds(wire: Chat) -> None:
    await wire.says("leila", "", files={"Scale manual.docx": MANUAL})
    await wire.find("leila", "I am reading “Scale manual.docx”")
    offered = await wire.find("leila", "hold both of its buttons")
    assert {"Publish", "Edit first", "No, drop it"} <= {*offered.buttons}
    await wire.press("leila", "hold both of its buttons", "Publish")
    await wire.find("leila", "✓ Published")
    await wire.says("amara", "How do I reset the scale?")
    await wire.find("amara", "hold both of its buttons")


async def test_several_are_published_at_once(wire: Chat) -> None:
    await wire.says("leila", "please import", files={"table.csv": TABLE})
    await wire.press("leila", "I drafted 2 job aids", "Publish all 2")
    await wire.find("leila", "✓ Published 2 job aids of “table.csv”.")


async def test_a_list_of_people_is_asked_about_and_put_on_the_campaign(wire: Chat) -> None:
    await wire.nudge("leila", 'new "Till" to @Tomasz Okafor at 9:30: tip "Scan twice."')
    await wire.find("leila", "Till")
    await wire.says("leila", "", files={"people.csv": PEOPLE})
    await wire.press("leila", "names 2 people", "List of “Till”")
    await wire.find("leila", "✓ 2 people of “people.csv” are on the list of “Till”")


async def test_a_colleague_who_may_not_is_told_what_they_can_do(wire: Chat) -> None:
    await wire.says("amara", "", files={"Scale manual.docx": MANUAL})
    told = await wire.find("amara", "neither read nor kept “Scale manual.docx”")
    assert told.buttons == ("Write a job aid",)
    await wire.press("amara", "neither read nor kept", "Write a job aid")


async def test_hostile_names_are_shown_as_themselves(wire: Chat) -> None:
    name = "<!channel> *a* [b](https://evil.example) <script>.csv"
    await wire.says("leila", "", files={name: TABLE})
    await wire.find("leila", f"I am reading “{name}”")
    await wire.find("leila", f"I drafted 2 job aids from “{name}”")
