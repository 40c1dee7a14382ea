"""Who a campaign is for: from "#support, @ana and everyone" to people.

What a platform told with the line is taken from it. A form comes without that: there a channel is chosen, or the
platform is asked which one the planner means by its name, as for a line that names it in plain letters; and a person is
found by name or e-mail address. Each platform tells only of channels that the planner may know of. What it does not
tell of is looked for among those that earlier campaigns named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.messages import Place as Channel
from bot.messages import Said, Scope, Sender, TryLater, Undeliverable
from bot.services import Services
from bot.store import Transaction
from bot.store.campaigns import ME
from bot.store.records import Person
from bot.turn import BadInputError, Turn
from scheduler.commands import HERE
from scheduler.roster import Named, is_address

EVERYONE, OPEN = "everyone", "open"
PROFILES_AT_ONCE = 8
MOST_CHOSEN = 20  # channels, each of which is asked for
IN_CHAT = (
    " here that you are in or could join. In a closed one I must be as well: invite me there. Else look how its name "
    "is written, or choose it in the form."
)
BY_FILE = ": name it in a campaign in chat once, since only the platform tells which one is meant."
LONGEST_CHANNEL = 5  # words of a name that came apart

Place = Mapping[str, str]
User = tuple[str, str, str]  # platform, tenant, the platform's id of a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """`entries` as typed and what each of them means: a conversation, a person's platform id, or one of ours."""

    entries: tuple[str, ...]
    places: Mapping[str, Place]


class _Nobody(BadInputError):  # noqa: N818 — it becomes a sentence
    """Nothing that we know is called so."""


@dataclass(slots=True)
class Reached:
    """The people of an audience: those we know, by id, and those whom only their platform knows so far."""

    people: set[int] = field(default_factory=set)
    strangers: set[User] = field(default_factory=set)
    named: dict[str, Named] = field(default_factory=dict)  # by an address that nobody here has so far

    def __len__(self) -> int:
        return len(self.people) + len(self.strangers) + len(self.named)


async def understand(
    turn: Turn,
    entries: Iterable[str],
    *,
    known: Mapping[str, Place] | None = None,
    chosen: Sequence[Channel] = (),
) -> Audience:
    """What each entry means; `known` are those that were understood before, and `chosen` channels come on top.

    Raises BadInputError with the entry and what to write in its place.
    """
    said = turn.inbound if isinstance(turn.inbound, Said) else None
    people = {name.casefold(): user for name, user in (said.people if said else {}).items()}
    channels = {name.casefold(): conversation for name, conversation in (said.channels if said else {}).items()}
    async with turn.look() as tx:
        remembered = await remember_places(tx, turn.person)
        everyone = await tx.everyone()
    here = {"platform": turn.inbound.platform, "tenant": turn.inbound.tenant}
    place = turn.inbound.place
    told: dict[str, Place] = {name: {**here, "conversation": one} for name, one in channels.items()}
    told |= {name.casefold(): place for name, place in (known or {}).items() if name.casefold() not in told}
    told |= {name: {**here, "user": one} for name, one in people.items() if name not in told}
    if place.scope is not Scope.DIRECT:
        told.setdefault(_name_here(place).casefold(), {**here, "conversation": place.conversation})
    entries = [_name_here(place) if entry == HERE else entry.strip() for entry in entries]
    named = _join_names(entries, {*told, *remembered})
    named = [await _mark_channel(turn, entry, {*told, *remembered}, everyone) for entry in named]
    named, found = await _find_channels(turn, named, {*told})
    told |= {name: {**here, "conversation": one} for name, one in found.items()}
    for entry in named:
        if entry.casefold() not in told and (group := await _find_group(turn, entry)) is not None:
            told[entry.casefold()] = {**here, "conversation": group}
    for channel in chosen:
        meant: Place = {**here, "conversation": channel.conversation}
        name = _name_freely(f"#{channel.name}", meant, told)
        told[name.casefold()] = meant
        if name.casefold() not in {entry.casefold() for entry in named}:
            named.append(name)
    return interpret(named, told=told, remembered=remembered, everyone=everyone)


def _name_here(place: Channel) -> str:
    """Raises BadInputError."""
    if place.scope is Scope.DIRECT:
        raise BadInputError("Here is nobody but you and me. Name the channel, as in #support, or write it there.")
    return f"#{place.name or 'this conversation'}"


def interpret(
    entries: Iterable[str],
    *,
    told: Mapping[str, Place],
    remembered: Mapping[str, Place],
    everyone: Sequence[Person],
    remedy: str = IN_CHAT,
) -> Audience:
    """What each entry means: by what the platform told with it, by earlier campaigns, or by name. `remedy` is what to
    do about a channel that is not known.

    Raises BadInputError with the entry and what to write in its place.
    """
    meant: dict[str, Place] = {}
    for entry in entries:
        low = entry.casefold()
        if low in (EVERYONE, OPEN, ME):
            meant[low] = {}
        elif low in told:
            meant[entry] = told[low]
        elif low.startswith("#"):
            if low not in remembered:
                raise BadInputError(f"I know no channel {entry}{remedy}")
            meant[entry] = remembered[low]
        else:
            meant[entry] = _find_person(entry, everyone)
    return Audience(entries=tuple(meant), places={entry: place for entry, place in meant.items() if place})


def _join_names(entries: Sequence[str], known: set[str]) -> list[str]:
    """Names of several words come apart in the line: “@Ana”, “Lopez” is “@Ana Lopez” where that is known."""
    joined: list[str] = []
    for entry in entries:
        if joined and joined[-1][:1] in "@#" and f"{joined[-1]} {entry}".casefold() in known:
            joined[-1] = f"{joined[-1]} {entry}"
        else:
            joined.append(entry)
    return joined


async def remember_places(tx: Transaction, by: Person) -> dict[str, Place]:
    """The channels that earlier campaigns named."""
    found: dict[str, Place] = {}
    if by.is_ld():
        for record in await tx.campaigns(by=by):
            found |= {name.casefold(): place for name, place in record.places.items() if name.startswith("#")}
    return found


async def read_chosen(turn: Turn, ids: Sequence[str]) -> Sequence[Channel]:
    """The channels that were chosen in a form, of which the platform tells the planner. Raises BadInputError."""
    platform = turn.services.platforms[turn.inbound.platform]
    if len(ids) > MOST_CHOSEN:
        raise BadInputError(f"These are {len(ids)} channels; {MOST_CHOSEN} is the most at once.")
    try:
        asked = [platform.find_channels(turn.inbound.tenant, turn.inbound.sender.id, id_) for id_ in dict.fromkeys(ids)]
        answers = await asyncio.gather(*asked)
    except TryLater as error:
        raise BadInputError("I could not look at the channels you chose just now. Try again in a minute.") from error
    if not all(answers):
        raise BadInputError(
            "One of the channels you chose is closed, and I am not in it, or you are not. Invite me there, then try "
            "again."
        )
    return [answer[0] for answer in answers]


async def _mark_channel(turn: Turn, entry: str, known: Collection[str], everyone: Sequence[Person]) -> str:
    """A channel that was written without its mark, where nobody and no group is called so."""
    if entry[:1] in {"#", "@", "<", ""} or entry.casefold() in {*known, EVERYONE, OPEN, ME}:
        return entry
    if is_somebody(entry, everyone) or await _find_channel(turn, f"#{entry}") is None:
        return entry
    return f"#{entry}"


async def _find_channels(turn: Turn, entries: Sequence[str], told: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """The entries with names of several words put together, and which conversation is meant by each in small letters.

    What nothing was found for stays as it is. Raises BadInputError.
    """
    named: list[str] = []
    found: dict[str, str] = {}
    at = 0
    while at < len(entries):
        entry, taken = entries[at], 1
        if entry.startswith("#") and entry.casefold() not in told:
            for taken in range(_count_plain(entries, at), 0, -1):  # the longest name first
                entry = " ".join(entries[at : at + taken])
                if (conversation := await _find_channel(turn, entry)) is not None:
                    found[entry.casefold()] = conversation
                    break
        named.append(entry)
        at += taken
    return named, found


def _count_plain(entries: Sequence[str], at: int) -> int:
    """How many entries may be the words of one name."""
    count = 1
    while count < LONGEST_CHANNEL and at + count < len(entries) and entries[at + count][:1] not in {"#", "@", "<"}:
        count += 1
    return count


async def _find_channel(turn: Turn, entry: str) -> str | None:
    platform = turn.services.platforms.get(turn.inbound.platform)
    if platform is None:
        return None
    try:
        channels = await platform.find_channels(turn.inbound.tenant, turn.inbound.sender.id, entry[1:])
    except TryLater as error:
        raise BadInputError(f"I could not look for the channel {entry} just now. Try again in a minute.") from error
    if len(channels) > 1:
        names = " or ".join(f'"#{channel.name}"' for channel in channels[:4])
        raise BadInputError(
            f"{entry} could be {names}. Write the whole name in quotation marks, or choose it in the form."
        )
    return channels[0].conversation if channels else None


def _name_freely(name: str, place: Place, told: Mapping[str, Place]) -> str:
    """The name, numbered where something else is called so."""
    number, free = 1, name
    while told.get(free.casefold(), place) != place:
        number += 1
        free = f"{name} ({number})"
    return free


async def _find_group(turn: Turn, entry: str) -> str | None:
    """A group of the platform's, as people there write it; a form comes without telling which is meant."""
    platform = turn.services.platforms.get(turn.inbound.platform)
    if platform is None or not entry.startswith("@") or " " in entry:
        return None
    try:
        return await platform.group(turn.inbound.tenant, entry[1:])
    except TryLater as error:
        raise BadInputError(f"I could not ask what {entry} means just now. Try again in a minute.") from error


def is_somebody(entry: str, everyone: Sequence[Person]) -> bool:
    """Whether it stands for somebody, or for several, without asking a platform."""
    try:
        return entry.casefold() in {EVERYONE, OPEN} or bool(_find_person(entry, everyone))
    except _Nobody:
        return False
    except BadInputError:
        return True  # several are called so


def _find_person(entry: str, everyone: Sequence[Person]) -> Place:
    wanted = entry.removeprefix("@").casefold()
    if wanted and any(wanted in {group.casefold() for group in person.groups} for person in everyone):
        return {"group": wanted}
    exact = [person for person in everyone if wanted in (person.name.casefold(), person.email)]
    found = exact or [person for person in everyone if wanted in person.name.casefold().split()]
    if len(found) == 1:
        return {"person": str(found[0].id)}
    if found:
        names = " or ".join(f"“{person.name}”" for person in found[:4])
        raise BadInputError(f"“{entry}” could be {names}. Write the whole name, or the e-mail address.")
    if is_address(wanted):
        return {"email": wanted}
    raise _Nobody(
        f"I know nobody, and no group, called “{entry}”. Write #channel, @name, an e-mail address, everyone or open."
    )


async def reach(
    services: Services, workspace: int, audience: Audience, *, owner: int | None, campaign_id: int | None = None
) -> Reached:
    """Who that is now, with those on the campaign's list. The platforms are asked with nothing open. Raises
    BadInputError.
    """
    users: dict[tuple[str, str], set[str]] = {}
    for entry, place in audience.places.items():
        if "conversation" in place:
            users.setdefault((place["platform"], place["tenant"]), set()).update(await _members(services, entry, place))
        elif "user" in place:
            users.setdefault((place["platform"], place["tenant"]), set()).add(place["user"])
    groups = {place["group"] for place in audience.places.values() if "group" in place}
    addresses = {place["email"]: Named(email=place["email"]) for place in audience.places.values() if "email" in place}
    reached = Reached()
    async with services.store.reading(workspace, now=services.now()) as tx:
        colleagues = await tx.colleagues()
        addresses |= {one.email: one for one in (await tx.listed(campaign_id) if campaign_id is not None else [])}
        for (platform, tenant), ids in users.items():
            known = await tx.people_behind(platform, tenant, ids)
            reached.people |= set(known.values())
            reached.strangers |= {(platform, tenant, user) for user in ids - known.keys()}
        known_addresses = await tx.people_at(addresses)
        reached.people |= await tx.people_in(groups)
    reached.people |= set(known_addresses.values())
    reached.named = {email: one for email, one in addresses.items() if email not in known_addresses}
    reached.people |= {int(place["person"]) for place in audience.places.values() if "person" in place}
    if ME in audience.entries and owner is not None:
        reached.people.add(owner)
    reached.people = colleagues if EVERYONE in audience.entries else reached.people & colleagues
    return reached


async def _members(services: Services, entry: str, place: Place) -> Sequence[str]:
    platform = services.platforms.get(place["platform"])
    if platform is None:
        raise BadInputError(f"{entry} is on {place['platform']}, which is not connected. Name another audience.")
    try:
        return await platform.members(place["tenant"], place["conversation"])
    except Undeliverable as error:
        raise BadInputError(f"I cannot see who is in {entry}: {error} Invite me there, then try again.") from error
    except TryLater as error:
        raise BadInputError(f"I could not ask who is in {entry} just now. Try again in a minute.") from error


async def meet(services: Services, strangers: Iterable[User]) -> list[tuple[str, str, Sender]]:
    """Ask the platforms who the strangers are; bots, and whoever is gone, are left out. Raises BadInputError."""
    asking = asyncio.Semaphore(PROFILES_AT_ONCE)

    async def ask(platform: str, tenant: str, user: str) -> tuple[str, str, Sender] | None:
        async with asking:
            try:
                sender = await services.platforms[platform].profile(tenant, user)
            except TryLater as error:
                raise BadInputError("The platform did not tell me who the people are. Try again later.") from error
        return (platform, tenant, sender) if sender is not None and not (sender.is_bot or sender.is_guest) else None

    answers = await asyncio.gather(*(ask(*stranger) for stranger in sorted(strangers)))
    return [answer for answer in answers if answer is not None]
