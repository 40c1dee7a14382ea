"""How long the oddest texts of ten thousand characters take: `python -m benchmarks.odd`.

As a question, as a snippet, as an entry of the glossary, and as an aid in which terms are looked for; by words and,
where there is a model, by meaning. In milliseconds of the processor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from rich.console import Console
from rich.table import Table

from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from knowledge.retrieval import search
from knowledge.terms import Solved, Written, check, defined, pair_of, parse, used
from knowledge.vectors import fingerprint, pack
from lanyard.config import read_settings
from lanyard.model import choose

LENGTH = 10_000


def texts() -> dict[str, str]:
    random = Random(7)
    everything = [chr(number) for number in range(0x11000) if not 0xD800 <= number < 0xE000]
    syllables = ["ka", "lo", "mi", "ren", "tus", "vo", "zi", "dra"]
    made_up = " ".join("".join(random.choices(syllables, k=random.randint(2, 5))) for _ in range(2_000))
    return {
        "one letter": "a" * LENGTH,
        "one letter words": "a b " * (LENGTH // 4),
        "words that nobody knows": made_up[:LENGTH],
        "any character": "".join(random.choices(everything, k=LENGTH)),
        "without spaces": "漢" * LENGTH,
        "brackets": "(A" * (LENGTH // 2),
        "acronyms in brackets": "alpha beta (AB) " * (LENGTH // 16),
        "capitals": "AB" * (LENGTH // 2),
        "equals signs": "= " * (LENGTH // 2),
        "numbers": "12.50 € 4711 " * (LENGTH // 13),
        "signs": "\"'*:?^~+-/\\" * (LENGTH // 11),
        "accents": "a\u0301\u0302\u0303" * (LENGTH // 4),
        "sentences": "Is it so? " * (LENGTH // 10),
        "links": "[x](https://a.example/b) " * (LENGTH // 25),
        "surrogates": "\ud800 " * (LENGTH // 2),
    }


def spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1e3 * (time.process_time() - began)


def main() -> None:
    encoder = choose(read_settings()).encoder
    table = Table("text", "as a question, ms", "as a snippet, ms", "as a term, ms", "as an aid with terms, ms")
    plain = [Snippet(id=str(number), title=f"Aid {number}", text="How to reset a token.") for number in range(1_000)]
    index = Index(model=encoder.identity if encoder else "", dimensions=encoder.dimensions if encoder else None)
    index.apply(upsert=plain, remove=(), revision=1)
    if encoder is not None:
        known = {fingerprint(one): pack(encoder.read(one.title, one.text)) for one in plain[:1]}
        index.apply(upsert=(), remove=(), revision=2, vectors=known)
    search(index, "token", grants=OPEN, glossary=(), encoder=encoder)
    for number, (name, text) in enumerate(texts().items()):
        snippet = Snippet(id=f"odd-{number}", title=text[:200], text=text)
        aid = Written(title=text[:200], body=text, audience=OPEN)

        def take_in(snippet: Snippet = snippet, revision: int = 10 + number) -> None:
            vectors = {fingerprint(snippet): pack(encoder.read(snippet.title, snippet.text))} if encoder else None
            index.apply(upsert=[snippet], remove=(), revision=revision, vectors=vectors)

        def ask(text: str = text) -> object:
            return search(index, text, grants=OPEN, glossary=(), encoder=encoder)

        def ask_with(text: str = text) -> object:
            check(text, "token")
            pair_of(text, text)
            parse(text)
            terms = [(text, "token"), ("token", text)]
            return search(index, "reset my token", grants=OPEN, glossary=terms, encoder=encoder)

        def suggest(text: str = text, aid: Written = aid) -> object:
            solved = [Solved(asker=person, text=text[:3_000], aid=1) for person in range(5)]
            return defined([aid]), used(solved, {1: aid}, known=(), fewest=5)

        row = (spent(ask), spent(take_in), spent(ask_with), spent(suggest))
        table.add_row(name, *(f"{one:.0f}" for one in row))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
