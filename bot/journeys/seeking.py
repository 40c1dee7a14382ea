"""Looking for a job aid to put into a message of one's own: nothing is asked, nothing is kept."""

from __future__ import annotations

from bot.journeys.asking import LONGEST_QUESTION
from bot.messages import Found, Outcome, Sought
from bot.store.records import Aid
from bot.turn import Turn
from bot.wording import asking as words
from knowledge.model import Snippet, Status

MOST = 10


async def seek(turn: Turn) -> Outcome:
    """What everybody at the place may read, and no more: whoever chooses one shows it to all of them."""
    sought = turn.inbound
    assert isinstance(sought, Sought)
    grants = turn.place_grants()
    text = sought.text.strip()[:LONGEST_QUESTION]
    today = turn.now.date()
    if not text:
        async with turn.look() as tx:
            aids = await tx.newest_aids(grants=grants, limit=MOST)
        return Found(results=tuple(words.found(aid, None, today=today, page=turn.page_of(aid)) for aid in aids))
    matches = await turn.services.library.search(turn.workspace, text, grants=grants, now=turn.now, limit=MOST)
    best: dict[int, Snippet] = {}
    for match in matches:
        best.setdefault(int(match.snippet.aid), match.snippet)
    async with turn.look() as tx:
        named = await tx.find_aid(text, grants=grants)
        known = await tx.aids_by_id(best)
    # What a search found may have been narrowed or withdrawn since: the aid as it stands decides.
    found = [(aid, best[id_]) for id_ in best if (aid := known.get(id_)) is not None and _is_for(aid, grants)]
    results = [
        words.found(aid, snippet, today=today, page=turn.page_of(aid))
        for aid, snippet in found
        if named is None or aid.id != named.id
    ]
    if named is not None:
        results.insert(0, words.found(named, best.get(named.id), today=today, page=turn.page_of(named)))
    return Found(results=tuple(results[:MOST]))


def _is_for(aid: Aid, grants: frozenset[str]) -> bool:
    return aid.status == Status.PUBLISHED and bool(grants & aid.audience)
