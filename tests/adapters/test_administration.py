"""What administrators do, and what is no question about work, over the wires of Slack, Teams and the chat page."""

from __future__ import annotations

from tests.adapters.chat import Chat

TOMASZ = "tomasz.okafor@larkspur.example"


async def test_a_role_is_given_in_chat_and_whoever_gets_it_hears_of_it(wire: Chat) -> None:
    await wire.says("tomasz", "hello")
    await wire.says("mei", "people")
    assert "Mei Hartono" in (await wire.find("mei", "Who may do what")).text
    await wire.says("mei", f"people {TOMASZ}")
    await wire.press("mei", "Tomasz Okafor", "Change")
    await wire.fill_in("mei", roles=("Expert",), groups="night shift")
    assert "Expert" in (await wire.find("tomasz", "has given you a role")).text
    await wire.says("mei", f"people {TOMASZ.upper()}")  # the same words again would be a delivery come anew
    assert "night shift" in (await wire.find("mei", "Tomasz Okafor")).text


async def test_what_follows_an_answer_is_asked_about_it(wire: Chat) -> None:
    await wire.says("amara", "How much may I refund without approval?")
    await wire.find("amara", "150 EUR")
    await wire.says("amara", "and for contractors?")
    assert "Ask an expert" in (await wire.find("amara", "I have nothing on that but the answer above")).buttons
    await wire.says("amara", "show me the source")
    await wire.find("amara", "looked after by Priya Santos")
