from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.index import Index, View
from knowledge.model import OPEN, Snippet
from knowledge.question import understand
from knowledge.repairs import MOST
from knowledge.words import plain
from tests.knowledge.company_aids import index


@pytest.fixture(scope="module")
def view() -> View:
    return index(Snippet(id="okta", title="Okta verify", text="Okta asks twice.")).view(OPEN)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("reset my vpn tokne", "reset my vpn token"),
        ("wht knd of refund", "what kind of refund"),
        ("can u tell me", "can you tell me"),
        ("how do i reset my pw", "how do i reset my password"),
        (
            "who is the mgr of this dept",
            "who is the manager of this department",
        ),  # a dictionary knows these too
        ("how much pto is left", "how much paid time off is left"),
        ("the oktaa app", "the okta app"),  # a word of the workspace's own
        ("paswsord for room a-561", "password for room a-561"),
        ("surveillence cameras", "surveillance cameras"),  # a word of English that no aid has
        ("call the ervice desk", "call the service desk"),  # the first letter missed
        ("my tokken", "my token"),
        ("the deliverys", "the deliveries"),
        ("where do i srand", "where do i stand"),  # the key beside the right one, rather than a letter too many
    ],
)
def test_misspelled_words_are_read_as_what_they_were_meant_to_be(view, typed, read):
    assert understand(typed, view, ()).spelled == read


@pytest.mark.parametrize(
    ("typed", "glossary"),
    [
        ("wo ist das pw vom drucker", ()),  # what is left out in English stands for nothing there
        ("send me the pw form", [("PW", "planned works")]),
    ],
)
def test_what_people_leave_out_of_words_is_the_companys_before_it_is_english(view, typed, glossary):
    assert "password" not in understand(typed, view, glossary).spelled


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("a gourp event", "a group event"),  # the same letters; "gourd" is as near
        ("technology usd in the office", "technology used in the office"),  # "use" is as near, and commoner
    ],
)
def test_the_words_beside_a_misspelled_one_tell_what_it_was_meant_to_be(view, typed, read):
    assert understand(typed, view, ()).spelled == read


def test_a_misspelled_word_that_ends_like_jargon_is_read_as_what_is_nearest_not_as_the_same_stem():
    mine = Index()
    aids = [
        Snippet(id="1", title="Maintain the press", text="Oil it."),
        Snippet(id="2", title="Maintenance workers", text="Ask Mia."),
    ]
    mine.apply(upsert=aids, remove=[], revision=1)
    assert understand("who are the maintainance workers", mine.view(OPEN), ()).spelled == (
        "who are the maintenance workers"
    )


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("how 2 get a badge 4 the lab", "how to get a badge for the lab"),
        ("what 2 do w/ my badge w/o a photo", "what to do with my badge without a photo"),
        ("tested 4 covid-19", "tested for covid-19"),
    ],
)
def test_signs_that_stand_for_words_are_read_as_these(view, typed, read):
    understood = understand(typed, view, ())
    assert understood.spelled == read
    assert understood.wanted == understand(read, view, ()).wanted


@pytest.mark.parametrize(
    "typed",
    [
        "room 2 is cold",
        "setup 2 factor login",
        "wait 4 weeks",
        "i need 2 laptops",
        "printer on floor 4 please",
        "phase 2 of the trial",
        "4 the win",
        "2 and 4",
        "error 4 appeared",
    ],
)
def test_numbers_stay_numbers(view, typed):
    assert understand(typed, view, ()).spelled == typed


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("hwo do i chnage my pasword", "how do i change my password"),
        ("a bsuiness tirp", "a business trip"),
        ("i cnt acces my emial", "i cant access my email"),
        ("whre cn i chnage teh pasword of zqxj", "where cn i change the password of zqxj"),
    ],
)
def test_a_short_question_with_hardly_a_word_right_is_english_still(view, typed, read):
    assert understand(typed, view, ()).spelled == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("howdo i reset my password", "how do i reset my password"),
        ("howdoi add a printer", "how do i add a printer"),
        ("passwordreset", "password reset"),
        ("forgot my pass word", "forgot my password"),
        ("(lost my lap top?)", "(lost my laptop?)"),
        ("the pass-word", "the password"),
        ("the serv ice desk", "the service desk"),
    ],
)
def test_a_space_too_few_or_too_many_is_mended(view, typed, read):
    understood = understand(typed, view, ())
    assert understood.spelled == read
    assert understood.wanted == understand(read, view, ()).wanted


@pytest.mark.parametrize(
    "typed", ["where is my laptop ?", "we work day and night", "log in to the portal", "a part of it"]
)
def test_words_that_are_said_beside_each_other_stay_apart(view, typed):
    assert understand(typed, view, ()).spelled == typed


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("the full nae of the boss", "the full name of the boss"),
        ("the dead boy of a wasp", "the dead body of a wasp"),
        ("in the meeting rom of the office", "in the meeting room of the office"),
    ],
)
def test_a_right_word_that_slipped_in_place_of_another_is_read_by_the_words_beside_it(typed, read):
    mine = index(Snippet(id="wasps", title="Dead wasps", text="Name where the body lay.")).view(OPEN)
    assert understand(typed, mine, ()).spelled == read


@pytest.mark.parametrize("typed", ["panning for gold", "sing the form", "a cunning plan", "the son of the boss"])
def test_other_right_words_stay_though_the_aids_have_one_that_is_near(view, typed):
    assert understand(typed, view, ()).repairs == {}


@pytest.mark.parametrize(
    "typed",
    [
        "are EMTs insured",
        "RFPs for the new hall",
        "update PowerBI on macOS",
        "setup win11 and mfa2go",
        "mail hr-payrol@exmaple.org",
        "see https://intranet.exmaple/pasword",
        "open fnal_reprot.xlsx",
        "R&D in the U.S.",
        "the R & D budget",
    ],
)
def test_names_addresses_and_codes_stay_as_they_are(view, typed):
    assert understand(typed, view, ()).spelled == typed.lower()


def test_what_the_model_knows_is_a_word_unless_it_slipped(view):
    assert understand("an uber to the airport", view, ()).spelled != "an uber to the airport"
    assert understand("an uber to the airport", view, (), {"uber"}.__contains__).spelled == "an uber to the airport"
    typed = "technology usd in the office"
    mine = index(Snippet(id="used", title="Used technology", text="In the office.")).view(OPEN)
    assert understand(typed, mine, (), {"usd"}.__contains__).spelled == "technology used in the office"


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("when are the QBRs", "when are the qbr (quarterly business review)"),
        ("the QBR's agenda", "the qbr agenda (quarterly business review)"),
        ("qbrs in may", "qbr in may (quarterly business review)"),
        ("POs and the till", "po and the till (purchase order)"),
        ("the company's car", "the company car"),
    ],
)
def test_an_s_behind_a_name_is_told_from_the_name(view, typed, spelled):
    glossary = [("QBR", "quarterly business review"), ("PO", "purchase order"), ("POS", "point of sale")]
    assert understand(typed, view, glossary).spelled == spelled


def test_what_was_cut_short_is_a_word_too(view):
    assert understand("the token dosnt work", view, ()).spelled == "the token doesnt work"


@given(st.text(max_size=200), st.booleans())
def test_any_text_has_few_repairs_and_each_stands_in_it(view, text, knows):
    understood = understand(text, view, [("QBR", "quarterly business review")], (lambda _: True) if knows else None)
    assert len(understood.repairs) <= MOST
    assert all(part in plain(text) for typed in understood.repairs for part in typed.split())


@pytest.mark.parametrize(
    "jargon", ["okta verify", "i dont have a badge", "we shouldnt wait", "err-4012 on the forklift", "ask for the qbr"]
)
def test_jargon_english_and_the_glossary_stay_as_they_are(view, jargon):
    understood = understand(jargon, view, [("QBR", "quarterly business review")])
    assert understood.repairs == {}
    assert understood.spelled.startswith(jargon)


def test_a_word_that_only_its_stem_makes_known_is_spelled_right_for_the_model_and_stays_what_it_is():
    mine = Index()
    mine.apply(upsert=[Snippet(id="1", title="Marketing services", text="Ask Mia.")], remove=[], revision=1)
    found = understand("who does marketting here", mine.view(OPEN), ())
    assert found.spelled == "who does marketing here"
    assert found.wanted == understand("who does marketing here", mine.view(OPEN), ()).wanted
    assert understand("servics der marketting abteilung im werk", mine.view(OPEN), ()).repairs == {}


@pytest.mark.parametrize(
    "question",
    [
        "wie beantrage ich einen urlaub im sommer",
        "der drucker druckt nicht",
        "urlaub beantragen",
        "comment demander un congé",
        "olvidé mi contraseña",
        "non riesco ad accedere",
        "não consigo entrar",
        "ik kan niet inloggen",
    ],
)
def test_another_language_is_not_read_as_misspelled_english(view, question):
    assert understand(question, view, ()).spelled == question


def test_a_german_workspace_repairs_from_its_own_words():
    german = Index()
    german.apply(upsert=[Snippet(id="1", title="Reisekosten abrechnen", text="Belege.")], remove=[], revision=1)
    found = understand("wie kann ich reisekostn abrechnen", german.view(OPEN), ())
    assert set(found.repairs) == {"reisekostn"}
    assert "reisekosten" in found.wanted


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("error 4012", {"4012"}),
        ("ERR-2200 again", {"2200"}),
        ("hotel for 180 euros", set()),
        ("€180 for a hotel", set()),
        ("more than 500 people", set()),
        ("holidays in 2025", set()),
        ("form 4711 for 180 euros", {"4711"}),
    ],
)
def test_numbers_that_name_something_are_told_from_amounts(view, question, codes):
    assert understand(question, view, ()).codes == codes


def test_what_the_glossary_says_is_added_to_what_the_model_reads(view):
    assert understand("pto left", view, [("PTO", "paid time off")]).spelled == "pto left (paid time off)"


def test_a_term_that_is_a_little_word_too_is_meant_only_in_capitals(view):
    glossary = [("IT", "information technology"), ("US", "United States")]
    assert understand("who helps us reset it", view, glossary).spelled == "who helps us reset it"
    assert understand("who is in IT", view, glossary).spelled == "who is in it (information technology)"
    assert understand("WHO HELPS US", view, glossary).spelled == "who helps us"  # all in capitals, none stands out


def test_a_term_with_several_meanings_is_read_as_all_of_them(view):
    spelled = understand("po lost", view, [("PO", "purchase order"), ("PO", "post office")]).spelled
    assert spelled == "po lost (purchase order) (post office)"
