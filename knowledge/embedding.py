"""Text → vectors: what a text means, as a direction. Near directions say nearly the same, whatever the words.

A model is a folder with `model.onnx` and `tokenizer.json`. `lanyard model build` makes Lanyard's own, whose graph has
mean pooling and normalisation inside; any other serves as well whose first output is the states of its tokens (batch,
token, dimension): they are pooled by their mean here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

LONGEST = 256
"""Tokens that are read of a text, some 200 words; the rest is ignored. The model was trained with no more."""

GRAPH, TOKENS, MANIFEST = "model.onnx", "tokenizer.json", "model.json"

_SLOW_FUSIONS = ["SkipLayerNormFusion"]  # of `onnxruntime`: on a processor its kernel takes eight times its parts' time
_MOST_CHARACTERS = 8_000  # of a text, before it is cut into tokens; some thirty a token
_READ_SO = "+words"  # how `read` reads; part of the identity, since what was read otherwise does not compare
_WORD = re.compile(r"\w+")
_PIECE_END = re.compile(r"\n+|(?<=[.!?;])\s+")
_SHORTEST_PIECE = 60  # characters: a shorter sentence is read together with the next
_MOST_PIECES = 8


class UnusableModelError(Exception):
    """A model's folder that cannot be used. The message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """One snippet's directions, float32 of length 1: its title, its sentences (a row each), all of it, and its words.

    Where the title has a heading, that stands before the sentences, as one of them. `words` has a row for each word of
    title and text, in order: what it means where it stands.
    """

    title: Floats
    whole: Floats
    sentences: Floats
    words: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A question's directions, float32 of length 1: all of it, and each of its words where it stands."""

    whole: Floats
    words: tuple[str, ...]
    each: Floats  # a row for each of `words`


def heading_of(title: str) -> str | None:
    """The last part of a title "Page — Heading", which alone is what somebody would ask for; None of any other."""
    page, dash, heading = title.rpartition(" — ")
    return heading.strip() if dash and page.strip() and heading.strip() else None


class Encoder:
    """One model, loaded. Safe for any number of threads, and it lets other threads run while it computes.

    `identity` names the model and how it was made: vectors of different identities do not compare.
    """

    def __init__(self, session: Any, tokenizer: Any, identity: str) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {put.name: np.int64 if put.type == "tensor(int64)" else np.int32 for put in session.get_inputs()}
        self._output = session.get_outputs()[0].name
        self.identity = f"{identity}{_READ_SO}"
        self.dimensions = int(self._run([self._tokenize("a").ids[0]], np.ones((1, 1), np.float32)).shape[1])

    def encode(self, texts: Sequence[str]) -> Floats:
        """A row of length 1 for each text, in its first 256 tokens. Any string at all has one.

        Each text goes through the model alone: in a batch the padding would cost as much as the batch spares, and
        the rounding of int8, which follows the greatest value of a whole batch, would tie a vector to its neighbours.
        """
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            ids = self._tokenize(text).ids
            vectors[row] = self._run(ids, np.ones((1, len(ids)), np.float32))[0]
        return vectors

    def hear(self, question: str) -> Heard:
        """The directions of a question and of its words, in one pass."""
        question = _readable(question)
        tokens = self._tokenizer.encode(question)
        words, spans = _words(question, tokens.offsets)
        vectors = self._run(tokens.ids, np.vstack([np.ones((1, len(tokens.ids)), np.float32), spans]))
        return Heard(whole=vectors[0], words=tuple(words), each=vectors[1:])

    def read(self, title: str, text: str) -> Vectors:
        """The directions of a snippet.

        Its sentences and words are read where they stand, in the one pass over title and text: as short texts of
        their own sentences cost three times as much and found less. The title is read alone, as somebody would ask
        for it, and so is the last part of one that names a page before it.
        """
        heading = heading_of(title)
        title, text = _readable(title), _readable(text)
        tokens = self._tokenizer.encode(f"{title}\n{text}")
        begins = [begin for begin, end in tokens.offsets if end > begin]
        inside = np.array([end > begin for begin, end in tokens.offsets])
        read = max((end for _, end in tokens.offsets), default=0) - len(title) - 1  # characters of the text
        cuts = [len(title) + 1 + cut for cut in _cuts(text[: max(0, read)])]
        # The piece of each token by the place where it begins; 0 is the title, whose tokens come before the first cut.
        piece = np.zeros(len(tokens.ids), np.int64)
        piece[inside] = np.searchsorted(cuts, begins, side="right")
        spans = [np.ones(len(tokens.ids))]
        spans += [(piece == number) & inside for number in range(1, len(cuts) + 1) if np.any(piece == number)]
        _, each = _words(f"{title}\n{text}", tokens.offsets)
        vectors = self._run(tokens.ids, np.vstack([np.array(spans, np.float32), each]))
        sentences, words = vectors[1 : len(spans)], vectors[len(spans) :]
        if heading is not None:
            sentences = np.vstack([self.encode([heading]), sentences])
        return Vectors(title=self.encode([title])[0], whole=vectors[0], sentences=sentences, words=words)

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one token for the model: then it is a word, be it a name, and no slip."""
        tokens = self._tokenizer.encode(_readable(word), add_special_tokens=False).tokens
        return len(tokens) == 1 and tokens[0].endswith(word)  # whatever marks the beginning of a word stands before it

    def _tokenize(self, text: str) -> Any:
        return self._tokenizer.encode(_readable(text))

    def _run(self, ids: Sequence[int], spans: Floats) -> Floats:
        """The directions of these spans: a row of weights over the tokens in, a row out."""
        feed: dict[str, Any] = {
            "input_ids": np.array([ids]),
            "attention_mask": np.ones((1, len(ids))),
            "token_type_ids": np.zeros((1, len(ids))),
        }
        given = {name: feed[name].astype(kind) for name, kind in self._inputs.items() if name in feed}
        if "spans" in self._inputs:
            pooled: Floats = self._session.run([self._output], {**given, "spans": spans[None]})[0][0]
            return pooled
        summed: Floats = (spans @ self._session.run([self._output], given)[0][0]).astype(np.float32)
        return normalised(summed)


def open_encoder(folder: Path, *, threads: int = 1) -> Encoder | None:
    """The model in a folder; None if there is none. Raises UnusableModelError for one that is damaged or foreign.

    A manifest, where there is one, holds the checksums that the files must have. `threads` compute one text.
    """
    if not (folder / GRAPH).exists() and not (folder / MANIFEST).exists():
        return None
    identity, contents = verify(folder)
    # One text is tokenized at a time: the library's own threads would only wait for each other.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; its warnings are about graphs, not about this run
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # an idle thread sleeps
    try:
        session = onnxruntime.InferenceSession(
            contents[GRAPH], options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
        )
        tokenizer = Tokenizer.from_str(contents[TOKENS].decode())
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        return Encoder(session, tokenizer, identity)
    except Exception as error:  # whatever these libraries raise at a file that is none
        raise UnusableModelError(f"The model in {folder} does not load: {error}") from error


def normalised(rows: Floats) -> Floats:
    """The same directions with length 1; a row of zeros stays as it is."""
    scaled: Floats = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-12))
    return scaled


def checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def verify(folder: Path) -> tuple[str, Mapping[str, bytes]]:
    """The identity, and the contents of the files, read once so that what was checked is what is used.

    Raises UnusableModelError where something is missing or does not have the checksum that the manifest says.
    """
    try:
        contents = {name: (folder / name).read_bytes() for name in (GRAPH, TOKENS)}
        told = json.loads((folder / MANIFEST).read_bytes()) if (folder / MANIFEST).exists() else None
    except (OSError, ValueError) as error:
        raise UnusableModelError(f"The model in {folder} cannot be read: {error}") from error
    sums = {name: checksum(content) for name, content in contents.items()}
    if told is None:
        return f"{folder.name}@{checksum(''.join(sums.values()).encode())[:16]}", contents
    if not isinstance(told, dict) or not isinstance(told.get("identity"), str) or told.get("files") != sums:
        raise UnusableModelError(
            f"The model in {folder} is damaged: its files do not have the checksums of {MANIFEST}."
        )
    return told["identity"], contents


def _words(text: str, offsets: Sequence[tuple[int, int]]) -> tuple[list[str], Floats]:
    """The words of a text of which tokens were read, and a row for each: 1 at its tokens, 0 elsewhere."""
    found = list(_WORD.finditer(text))
    begins = np.array([word.start() for word in found])
    ends = np.array([word.end() for word in found])
    inside = np.array([end > begin for begin, end in offsets], np.bool_)
    starts = np.array([begin for begin, _ in offsets])
    homes = np.searchsorted(begins, starts, side="right") - 1
    inside &= homes >= 0
    inside[inside] = starts[inside] < ends[homes[inside]]
    read, rows = np.unique(homes[inside], return_inverse=True)
    spans = np.zeros((len(read), len(offsets)), np.float32)
    spans[rows, np.flatnonzero(inside)] = 1
    return [found[number][0] for number in read], spans


def _cuts(text: str) -> list[int]:
    """Where the pieces of a text begin: sentences and lines, short ones together with the next, no more than eight."""
    begins = [0, *(found.end() for found in _PIECE_END.finditer(text))]
    kept: list[int] = []
    for begin in begins:
        if not kept or begin - kept[-1] >= _SHORTEST_PIECE:
            kept.append(begin)
    while len(kept) > _MOST_PIECES:
        sizes = [end - begin for begin, end in pairwise([*kept, len(text)])]
        del kept[1 + min(range(len(kept) - 1), key=lambda place: sizes[place] + sizes[place + 1])]
    return kept if text.strip() else []


def _readable(text: str) -> str:
    return text[:_MOST_CHARACTERS].encode("utf-8", "replace").decode()
