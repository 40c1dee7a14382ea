from __future__ import annotations

from knowledge.duplicates import NEAR, near_duplicates
from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from tests.knowledge.company_aids import index as company
from tests.knowledge.company_aids import snippets


def ids(snippet: Snippet, index: Index, grants: frozenset[str] = OPEN) -> list[str]:
    return [match.snippet.id for match in near_duplicates(snippet, index, grants=grants)]


def draft(title: str, text: str, **more) -> Snippet:
    return Snippet(id="new", title=title, text=text, **more)


def test_the_same_need_in_other_words_of_the_title_is_near():
    again = draft("VPN token: reset", "Go to the portal, choose Security and press the button for a new token.")
    assert ids(again, company()) == ["vpn-token"]


def test_the_same_text_under_another_title_is_near():
    (fire,) = [one for one in snippets() if one.id == "fire"]
    assert ids(draft("Evacuation", fire.text), company())[0] == "fire"


def test_a_new_need_in_the_same_field_is_not_near():
    other = draft("VPN on a phone", "Install the app *Tunnel* from the shop and scan the code that the desk sends you.")
    assert ids(other, company()) == []


def test_an_aid_is_no_duplicate_of_itself_nor_of_its_own_sections():
    (fire,) = [one for one in snippets() if one.id == "fire"]
    assert ids(fire, company()) == []
    assert ids(Snippet(id="fire.2", title=fire.title, text=fire.text, aid="fire"), company()) == []


def test_what_the_writer_may_not_see_is_not_told():
    index = Index()
    secret = Snippet(id="1", title="Salary bands", text="Bands A to F.", audience=frozenset({"hr"}))
    index.apply(upsert=[secret], remove=[], revision=1)
    assert ids(draft("Salary bands", "Bands A to F."), index) == []
    assert ids(draft("Salary bands", "Bands A to F."), index, frozenset({"hr"})) == ["1"]


def test_the_likest_comes_first_with_a_likeness_between_0_and_1():
    (hotel,) = [one for one in snippets() if one.id == "hotel-limit"]
    near = Snippet(id="near", title="Hotel limits", text="Up to 140 euros a night.", aid="near")
    matches = near_duplicates(draft(hotel.title, hotel.text), company(near), grants=OPEN)
    assert [match.snippet.id for match in matches] == ["hotel-limit", "near"]
    assert NEAR <= matches[1].score <= matches[0].score <= 1


def test_nothing_is_near_to_nothing():
    assert ids(draft("", ""), company()) == []
    assert ids(draft("🙂", "?"), Index()) == []
