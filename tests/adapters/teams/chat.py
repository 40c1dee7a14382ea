"""The sample company on Teams, as dialogues that are the same everywhere have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tests.adapters.chat import Chat, Filled, Seen
from tests.adapters.teams.test_teams_journeys import Company
from tests.doubles.sent_files import Files
from tests.doubles.teams.cards import INPUTS, elements
from tests.doubles.teams.double import Deed
from tests.doubles.teams.reading import read_card


class TeamsChat(Chat):
    def __init__(self, company: Company) -> None:
        self._company = company
        self.house = company.house

    async def nudge(self, who: str, line: str) -> None:
        await self._company(who).dm(f"nudge {line}")

    async def says(
        self,
        who: str,
        text: str,
        *,
        channel: str | None = None,
        thread: str | None = None,
        files: Files = (),
    ) -> str:
        hands = self._company(who)
        place = channel or hands.direct()
        quoting = thread if channel is None else None  # a chat has no threads: one replies by quoting
        deed = await hands.says(
            place,
            text,
            mention=channel is not None,
            thread=thread if channel is not None else None,
            quoting=quoting,
            files=files,
        )
        assert deed.accepted
        assert deed.message is not None
        return deed.message.id

    async def reads(self, who: str) -> Sequence[Seen]:
        await self._company.settle()
        return sorted(self._company(who).reads(), key=lambda seen: int(seen.id))

    async def press(self, who: str, words: str, label: str) -> str:
        return self._told(await self._company(who).press((await self.find(who, words)).id, label))

    async def save(self, who: str, message: str) -> str:
        return self._told(await self._company(who).acts_on(message, "save_as_aid"))

    def _told(self, deed: Deed) -> str:
        assert deed.complaint is None, deed.complaint
        return read_card(deed.dialog.card).text if deed.dialog is not None else deed.note or ""

    def choice_of(self, channel: str) -> str:
        return channel

    async def open_form(self, who: str) -> None:
        await self.press(who, "Open the form", "Open the form")

    async def fill_in(self, who: str, **fields: Filled) -> str:
        deed = await self._submit(who, fields)
        left = self._company(who).dialog()  # a word about it may stand there now
        assert left is None or not [one for one in elements(left.card) if one["type"] in INPUTS], left
        return self._told(deed)

    async def refused(self, who: str, **fields: Filled) -> str:
        return self._told(await self._submit(who, fields))

    async def _submit(self, who: str, fields: Mapping[str, Filled]) -> Deed:
        dialog = self._company(who).dialog()
        assert dialog is not None
        kinds = {one["id"].partition(":")[2]: one["type"] for one in elements(dialog.card) if one["type"] in INPUTS}
        chosen = {
            name: value.removeprefix("=") if kinds[name] == "Input.Toggle" and isinstance(value, str) else value
            for name, value in fields.items()
        }
        return await self._company.submit(who, chosen)

    async def hires(self, channel: str, *names: str) -> None:
        teams = self._company.teams
        (everybody,) = teams.world.teams.values()
        for name in names:
            teams.add_user(name, email=f"{name}@larkspur.example", time_zone="Europe/Berlin", installed=False)
        await teams.join(everybody, *names)
        for name in names:
            await teams.install(self._company(name))
        teams.add_channel(everybody, channel, "leila", *names, kind="private")
        await self._company.settle()

    async def leaves_channel(self, who: str, channel: str) -> bool:
        place = next(one for one in self._company.teams.world.conversations.values() if one.name == channel)
        place.members.remove(self._company(who).user)
        return True

    async def is_shut_off(self, who: str, *, off: bool = True) -> bool:
        self._company(who).user.blocked = off
        return True

    async def passes(self, by: timedelta) -> None:
        await self._company.passes(by)
