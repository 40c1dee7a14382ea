"""The sample company on Slack, as dialogues that are the same everywhere have it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.adapters.chat import Chat, Filled, Seen, let_go
from tests.adapters.slack.test_slack_journeys import Company
from tests.doubles.sent_files import Files


class SlackChat(Chat):
    def __init__(self, company: Company) -> None:
        self._company = company
        self.house = company.house

    async def nudge(self, who: str, line: str) -> None:
        known = {channel.name: channel.id for channel in self._company.slack.team.channels.values()}
        told = re.sub(r"#([\w-]+)", lambda hit: f"<#{known[hit[1]]}|{hit[1]}>" if hit[1] in known else hit[0], line)
        assert (await self._company(who).command("/nudge", told)).accepted

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
        deed = await hands.says(place, text, mention=channel is not None, thread=thread, files=files)
        assert deed.accepted
        return deed.ts

    async def reads(self, who: str) -> Sequence[Seen]:
        await self._rest()
        return sorted(self._company(who).reads(), key=lambda seen: float(seen.id))

    async def _rest(self) -> None:
        """As if so much time had passed that no pace holds anything up."""
        held = 1
        while held:
            await self._company.settle()
            held = await let_go(self.house.services.store)

    async def press(self, who: str, words: str, label: str) -> str:
        return await self._does(who, self._company(who).press((await self.find(who, words)).id, label))

    async def save(self, who: str, message: str) -> str:
        return await self._does(who, self._company(who).message_shortcut("save_as_aid", message))

    async def _does(self, who: str, deed: Any) -> str:
        hands = self._company(who)
        before = {seen.id for seen in hands.reads()}
        assert (await deed).accepted
        modal = hands.modal()
        if modal is not None:
            return hands.reads_view(modal).text
        return "\n".join(seen.text for seen in hands.reads() if seen.only_for_me and seen.id not in before)

    def choice_of(self, channel: str) -> str:
        return self._company.slack.world.channel(channel).id

    async def open_form(self, who: str) -> None:
        assert self._company(who).modal() is not None

    async def fill_in(self, who: str, **fields: Filled) -> str:
        hands = self._company(who)
        assert (await hands.submit(fields)).accepted
        left = hands.modal()  # a word about it may stand there now
        assert left is None or not left.given.get("submit"), left
        if left is None:
            return ""
        words = hands.reads_view(left).text
        await hands.closes()
        return words

    async def refused(self, who: str, **fields: Filled) -> str:
        hands = self._company(who)
        assert (await hands.submit(fields)).accepted
        modal = hands.modal()
        assert modal is not None
        words = "\n".join([*modal.errors.values(), hands.reads_view(modal).text])
        await hands.closes()
        return words

    async def hires(self, channel: str, *names: str) -> None:
        for name in names:
            self._company.slack.add_user(name, email=f"{name}@larkspur.example", tz="Europe/Berlin")
        self._company.slack.add_channel(channel, "leila", *names)

    async def leaves_channel(self, who: str, channel: str) -> bool:
        await self._company(who).leaves(channel)
        return True

    async def is_shut_off(self, who: str, *, off: bool = True) -> bool:
        self._company(who).user.deleted = off
        return True

    async def is_out(self, who: str) -> bool:
        await self._company(who).changes(status="Vacationing", status_emoji=":palm_tree:")
        return True

    async def leaves(self, who: str) -> bool:
        await self._company(who).changes(deleted=True)
        await self._rest()
        return True

    async def passes(self, by: timedelta) -> None:
        await self._company.passes(by)
