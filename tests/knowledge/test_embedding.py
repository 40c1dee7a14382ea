from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from knowledge.embedding import GRAPH, MANIFEST, TOKENS, Encoder, UnusableModelError, open_encoder
from tests.doubles.tiny_model import WIDTH


@pytest.fixture(scope="session")
def encoder(tiny_model: Path) -> Encoder:
    encoder = open_encoder(tiny_model)
    assert encoder is not None
    return encoder


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def test_each_text_has_a_direction_of_length_1_in_single_precision(encoder: Encoder):
    vectors = encoder.encode(["Reset your VPN token", "fire drill"])
    assert vectors.shape == (2, WIDTH)
    assert vectors.dtype == np.float32
    assert encoder.dimensions == WIDTH
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert encoder.encode([]).shape == (0, WIDTH)


def test_a_text_has_the_same_direction_whatever_is_encoded_with_it(encoder: Encoder):
    alone = encoder.encode(["fire drill"])[0]
    beside = encoder.encode(["fire drill", "a much longer text about something else, of many more tokens"])[0]
    assert np.array_equal(alone, beside)
    assert not np.allclose(alone, encoder.encode(["gate"])[0], atol=0.01)


def test_a_word_is_known_that_is_one_token(encoder: Encoder):
    assert [word for word in ("g", "gate", "g g", "", "☃", "\ud800") if encoder.knows(word)] == ["g"]  # letters alone


def test_threads_do_not_disturb_each_other(encoder: Encoder):
    texts = [f"locker {number}" for number in range(20)]
    wanted = encoder.encode(texts)
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(encoder.encode(texts))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [np.array_equal(vectors, wanted) for vectors in found] == [True] * 3


def test_256_tokens_are_read_and_no_more(encoder: Encoder):
    first = "a " * 254
    assert np.array_equal(*encoder.encode([first, first + "b c d"]))
    assert not np.array_equal(*encoder.encode([first[:-2], first]))


@settings(max_examples=150)
@given(title=st.text(), text=st.text(max_size=10_000))
def test_any_string_at_all_has_directions(encoder: Encoder, title, text):
    vectors = encoder.read(title, text)
    rows = np.vstack([vectors.title, vectors.whole, vectors.sentences, vectors.words])
    assert np.all(np.isfinite(rows))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-4)
    assert np.array_equal(vectors.title, encoder.encode([title])[0])


@pytest.mark.parametrize(
    "text", ["\ud800 lone", "\x00\x01", "a" * 10_000, "語" * 10_000, "e\u0301" * 5_000, " \n" * 5_000]
)
def test_text_that_is_no_language_has_a_direction_too(encoder: Encoder, text):
    assert np.linalg.norm(encoder.encode([text])[0]) == pytest.approx(1, abs=1e-4)


def test_a_snippet_has_a_direction_for_each_sentence_and_short_ones_go_together(encoder: Encoder):
    long = "This sentence is long enough to stand for itself, whatever comes next."
    assert len(encoder.read("Title", f"{long} {long}\n{long}").sentences) == 3
    assert len(encoder.read("Title", f"Go. Stop. {long}").sentences) == 1
    assert len(encoder.read("Title", f"{long} " * 30).sentences) == 5  # of what is read
    assert len(encoder.read("Title", "").sentences) == 0


def test_a_snippet_has_a_direction_for_each_of_its_words_that_was_read(encoder: Encoder):
    assert len(encoder.read("Reset your token", "Open the self-service portal.").words) == 8
    assert len(encoder.read("", " ?! ").words) == 0
    assert len(encoder.read("a", "b " * 400).words) == 254


@settings(max_examples=150)
@given(question=st.text(max_size=10_000))
def test_any_question_is_heard_whole_and_word_by_word(encoder: Encoder, question):
    heard = encoder.hear(question)
    assert heard.each.shape == (len(heard.words), WIDTH)
    assert heard.whole == pytest.approx(encoder.encode([question])[0], abs=1e-5)
    assert np.linalg.norm(heard.each, axis=1) == pytest.approx(np.ones(len(heard.words)), abs=1e-4)
    words = iter(re.findall(r"\w+", question.encode("utf-8", "replace").decode()))
    assert all(
        word in words for word in heard.words
    )  # in their order; a sign that the model has never met has no token


def test_a_word_means_something_else_in_another_place(encoder: Encoder):
    first, second = encoder.hear("gate drill"), encoder.hear("drill gate")
    assert (first.words, second.words) == (("gate", "drill"), ("drill", "gate"))
    assert not np.allclose(first.each[0], second.each[1], atol=1e-3)


def test_a_folder_without_a_model_has_no_encoder(tmp_path: Path):
    assert open_encoder(tmp_path) is None
    assert open_encoder(tmp_path / "nowhere") is None


def test_a_model_is_known_by_what_its_manifest_says(encoder: Encoder):
    assert encoder.identity == "tiny.1+words"


@pytest.mark.parametrize("name", [GRAPH, TOKENS])
def test_a_file_that_is_cut_short_is_refused_by_name(copy: Path, name: str):
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(UnusableModelError, match=r"damaged: its files do not have the checksums"):
        open_encoder(copy)


def test_a_missing_file_is_refused(copy: Path):
    (copy / GRAPH).unlink()
    with pytest.raises(UnusableModelError, match="cannot be read"):
        open_encoder(copy)


@pytest.mark.parametrize("told", ["", "[]", '{"identity": 1, "files": {}}', '{"identity": "x"}'])
def test_a_manifest_that_says_something_else_is_refused(copy: Path, told: str):
    (copy / MANIFEST).write_text(told)
    with pytest.raises(UnusableModelError):
        open_encoder(copy)


def test_a_model_without_a_manifest_is_known_by_its_content_and_refused_when_it_does_not_load(copy: Path):
    (copy / MANIFEST).unlink()
    first = open_encoder(copy)
    assert first is not None
    assert first.identity.startswith("model@")
    (copy / GRAPH).write_bytes(b"no graph")
    with pytest.raises(UnusableModelError, match="does not load"):
        open_encoder(copy)


def test_another_model_that_gives_the_states_of_its_tokens_is_pooled_by_their_mean(copy: Path):
    """In the form in which models are usually exported: 64-bit ids, a mask, kinds of token, and states as output."""
    table = np.random.default_rng(3).normal(size=(200, 5)).astype(np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "token"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    states = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "token", 5])
    graph = helper.make_graph(nodes, "other", inputs, [states], [numpy_helper.from_array(table, "table")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), copy / GRAPH)
    (copy / MANIFEST).unlink()
    encoder = open_encoder(copy)
    assert encoder is not None
    assert encoder.dimensions == 5
    ids = [2, 5, 6, 3]  # [CLS] a b [SEP]
    mean = table[ids].mean(axis=0)
    assert encoder.encode(["a b"])[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)
    assert json.loads((copy / TOKENS).read_text())["model"]["vocab"]["a"] == 5


def test_no_client_for_downloads_is_loaded(tiny_model: Path):
    look = (
        "import sys; from pathlib import Path; from knowledge.embedding import open_encoder;"
        f"open_encoder(Path({str(tiny_model)!r})).encode(['a']);"
        "print([name for name in sys.modules if name.partition('.')[0] in ('huggingface_hub', 'httpx2', 'torch')])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
