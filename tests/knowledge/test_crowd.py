from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.crowd import crowd, prepare
from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from knowledge.retrieval import search

HR = frozenset({"hr"})
TOPICS = ["parking", "payroll", "printers", "visitors", "lockers", "canteen", "uniforms", "shuttles", "badges", "fire"]


def snippet(number: int, title: str, text: str, audience: frozenset[str] = OPEN) -> Snippet:
    return Snippet(id=f"{title}-{number}", title=title, text=text, aid=f"{title}-{number}", audience=audience)


def varied(audience: frozenset[str] = OPEN) -> list[Snippet]:
    """Each of a topic of its own."""
    return [
        snippet(number, f"All about {topic}", f"Ask the desk for {topic}.", audience)
        for number, topic in enumerate(TOPICS)
    ]


def alike(audience: frozenset[str] = OPEN) -> list[Snippet]:
    """Each topic of its own, and twice."""
    cities = ["Rome", "Oslo", "Lima", "Bern", "Kyiv"]
    return [
        snippet(number, f"Trips to {city}", f"Trips to {city} are booked {how}.", audience)
        for city in cities
        for number, how in enumerate(["online", "by phone"])
    ]


def index_of(*snippets: Snippet) -> Index:
    index = Index()
    index.apply(upsert=snippets, remove=(), revision=1)
    return index


def test_where_each_topic_is_there_twice_it_is_more_crowded():
    assert crowd(index_of(*alike()).view(OPEN)) > crowd(index_of(*varied()).view(OPEN))


@pytest.mark.parametrize("snippets", [[], alike()[:1], alike()])
def test_however_few_there_are_it_is_within_its_bounds(snippets):
    assert 0.06 <= crowd(index_of(*snippets).view(OPEN)) <= 0.17


def test_what_the_asker_may_not_see_does_not_shape_it():
    alone = crowd(index_of(*varied()).view(OPEN))
    mixed = index_of(*varied(), *alike(HR))
    assert crowd(mixed.view(OPEN)) == alone
    assert crowd(mixed.view(OPEN | HR)) > alone


def test_it_is_measured_anew_after_much_has_changed_and_not_after_little():
    index = index_of(*alike())
    sizes: list[int] = []

    def measure(view):
        sizes.append(view.size)
        return 0.1

    def change(revision: int, upsert=(), remove=()) -> None:
        index.apply(upsert=upsert, remove=remove, revision=revision)
        index.view(OPEN).crowds(measure)

    change(2)
    change(3, varied()[:2])
    change(4, remove=[varied()[0].id])  # a small shard is built anew at every removal
    assert sizes == [10]
    change(5, varied()[:2])
    change(6, varied())
    assert sizes == [10, 20]
    change(7, remove=[one.id for one in varied()])
    assert sizes == [10, 20, 10]


def test_pieces_of_one_aid_do_not_crowd_each_other():
    """They answer its titles."""
    pieces = [replace(one, aid=one.title) for one in alike()]
    assert crowd(index_of(*pieces).view(OPEN)) < crowd(index_of(*alike()).view(OPEN))


def test_once_prepared_no_question_measures_it():
    index = index_of(*alike())
    prepare(index)
    index.view(OPEN).crowds(lambda view: pytest.fail(f"measured {view.size} again"))


def test_the_first_match_tells_it():
    index = index_of(*varied())
    first, *_ = search(index, "parking desk", grants=OPEN, glossary=())
    assert first.features["crowd"] == crowd(index.view(OPEN))
