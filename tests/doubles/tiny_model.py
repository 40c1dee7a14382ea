"""A language model of our own making: real in every part, of random weights, and small enough to build in a test."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.processors import TemplateProcessing

from knowledge.embedding import GRAPH, TOKENS
from lanyard.model.building import seal
from lanyard.model.graph import build

WIDTH, HEADS, LAYERS = 32, 4, 2
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def make_tiny_model(folder: Path, *, identity: str = "tiny.1", seed: int = 1) -> Path:
    """Write a model that knows letters and digits. Another seed is another model."""
    folder.mkdir(parents=True)
    characters = string.ascii_lowercase + string.digits + string.punctuation
    vocabulary = {
        token: number for number, token in enumerate([*SPECIAL, *characters, *(f"##{c}" for c in characters)])
    }
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    )
    tokenizer.save(str(folder / TOKENS))
    build(_weights(len(vocabulary), seed), folder / GRAPH, heads=HEADS)
    seal(folder, identity)
    return folder


def _weights(words: int, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)

    def some(*shape: int) -> np.ndarray:
        return random.normal(0, 0.3, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": some(words, WIDTH),
        "embeddings.position_embeddings.weight": some(512, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
    }
    shapes = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (2 * WIDTH, WIDTH),
        "output.dense": (WIDTH, 2 * WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        room = f"encoder.layer.{layer}."
        norms += [f"{room}attention.output.LayerNorm", f"{room}output.LayerNorm"]
        for name, shape in shapes.items():
            weights[f"{room}{name}.weight"] = some(*shape)
            weights[f"{room}{name}.bias"] = some(shape[0])
    for norm in norms:
        weights[f"{norm}.weight"] = np.ones(WIDTH, np.float32)
        weights[f"{norm}.bias"] = np.zeros(WIDTH, np.float32)
    return weights
