"""A document's text is cut at its headings, and nothing of it is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge.documents.splitting import LONGEST_AID, as_fields, split

LINES = st.lists(
    st.sampled_from(["# One", "## Two", "### Three", "Words of a paragraph. " * 40, "- an item", "", "word " * 900]),
    max_size=40,
)


@given(LINES)
def test_every_word_below_a_heading_is_in_exactly_one_section_of_bearable_length(lines: list[str]) -> None:
    sections = list(split("\n".join(lines)))
    assert all(len(body) <= LONGEST_AID for _, body in sections)
    said = [word for line in lines if not line.startswith("#") for word in line.split()]
    kept = [
        word for _, body in sections for line in body.split("\n") if not line.startswith("#") for word in line.split()
    ]
    assert sorted("".join(said)) == sorted("".join(kept))


@given(LINES)
def test_keys_are_distinct_and_the_same_each_time(lines: list[str]) -> None:
    text = "\n".join([*lines, "The end."])
    keys = [fields["key"] for fields in as_fields("T", text, key="a.docx")]
    assert len(set(keys)) == len(keys)
    assert keys == [fields["key"] for fields in as_fields("T", text, key="a.docx")]


def test_a_change_in_one_section_leaves_the_keys_of_the_others() -> None:
    def keys(second: str) -> list[str]:
        text = "\n".join(f"## Part {n}\n\n{'Word. ' * 400 if n != 2 else second}" for n in range(4))
        return [fields["key"] for fields in as_fields("T", text, key="a")]

    assert keys("Short.") == keys("Another text altogether.")
