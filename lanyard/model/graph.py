"""Weights → a graph: BERT as `onnxruntime` computes it fastest, in int8, with pooling and normalisation inside.

Run as a process of its own, with `onnx` on its path: `python -m lanyard.model.graph WEIGHTS.safetensors GRAPH.onnx`.

What goes in: `input_ids` and `attention_mask` (batch, token), and `spans` (batch, span, token), the weight of each
token in each span. What comes out: `vectors` (batch, span, dimension), of length 1. So one pass over a text gives the
direction of all of it and of each of its sentences.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FUSED = "com.microsoft"
HEADS = 12  # of all-MiniLM-L6-v2; its configuration says so, its weights do not
_EPSILON = 1e-12  # of its normalisations
_KINDS: Mapping[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8")}


def read_weights(file: Path) -> dict[str, Array]:
    """The tensors of a safetensors file: a header's length, a header in JSON, the numbers one after the other."""
    content = file.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, told in json.loads(content[8:start]).items():
        if name != "__metadata__":
            begin, end = told["data_offsets"]
            numbers = np.frombuffer(content[start + begin : start + end], _KINDS[told["dtype"]])
            tensors[name.removeprefix("bert.")] = numbers.reshape(told["shape"])
    return tensors


def build(weights: Mapping[str, Array], file: Path, *, heads: int = HEADS) -> None:
    """Write the graph, in int8, to `file`. It has as many layers as the weights have."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        full = Path(folder) / "full.onnx"
        onnx.save(_Drawing(weights, heads).model(), full)
        quantize_dynamic(
            full,
            file,
            op_types_to_quantize=["MatMul", "Attention", "EmbedLayerNormalization"],
            per_channel=True,
            # Seven bits a weight: with eight, processors without VNNI saturate, and vectors depend on the machine.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT, "MatMulConstBOnly": True},
        )


class _Drawing:
    """The graph as it grows: each method adds a part and returns the name of what comes out of it."""

    def __init__(self, weights: Mapping[str, Array], heads: int) -> None:
        self._weights = weights
        self._heads = heads
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> Any:
        from onnx import TensorProto, helper

        states = self._embeddings()
        layer = 0
        while f"encoder.layer.{layer}.attention.self.query.weight" in self._weights:
            states = self._layer(states, f"encoder.layer.{layer}.")
            layer += 1
        summed = self._node("MatMul", "spans", states)
        self._node("LpNormalization", summed, out="vectors", axis=2, p=2)
        tokens = [
            helper.make_tensor_value_info(name, TensorProto.INT32, ["batch", "token"])
            for name in ("input_ids", "attention_mask")
        ]
        spans = helper.make_tensor_value_info("spans", TensorProto.FLOAT, ["batch", "span", "token"])
        dimensions = self._weights["embeddings.word_embeddings.weight"].shape[1]
        vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", "span", dimensions])
        graph = helper.make_graph(self._nodes, "encoder", [*tokens, spans], [vectors], self._constants)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def _embeddings(self) -> str:
        room = "embeddings."
        kinds = self._node("Sub", "input_ids", "input_ids")  # every token belongs to the one text
        words, places, types, scale, shift = (
            self._constant(room + name)
            for name in (
                "word_embeddings.weight",
                "position_embeddings.weight",
                "token_type_embeddings.weight",
                "LayerNorm.weight",
                "LayerNorm.bias",
            )
        )
        inputs = ("input_ids", kinds, words, places, types, scale, shift)
        return self._fused("EmbedLayerNormalization", *inputs, spare=True, epsilon=_EPSILON)

    def _layer(self, states: str, room: str) -> str:
        asked, known, told = (f"{room}attention.self.{part}" for part in ("query", "key", "value"))
        together = np.concatenate([self._weights[f"{part}.weight"].T for part in (asked, known, told)], axis=1)
        shifts = np.concatenate([self._weights[f"{part}.bias"] for part in (asked, known, told)])
        attended = self._fused(
            "Attention",
            states,
            self._constant(f"{room}attention.weight", together),
            self._constant(f"{room}attention.bias", shifts),
            "attention_mask",
            num_heads=self._heads,
        )
        states = self._normalised(
            self._times(attended, f"{room}attention.output.dense"), states, f"{room}attention.output"
        )
        widened = self._times(states, f"{room}intermediate.dense")
        bent = self._fused("BiasGelu", widened, self._constant(f"{room}intermediate.dense.bias"))
        return self._normalised(self._times(bent, f"{room}output.dense"), states, f"{room}output")

    def _times(self, states: str, dense: str) -> str:
        return self._node("MatMul", states, self._constant(f"{dense}.turned", self._weights[f"{dense}.weight"].T))

    def _normalised(self, states: str, before: str, room: str) -> str:
        """In steps: the operator that `onnxruntime` has fused of them takes eight times as long as its parts."""
        bias, scale, shift = (
            self._constant(f"{room}.{name}") for name in ("dense.bias", "LayerNorm.weight", "LayerNorm.bias")
        )
        summed = self._node("Add", self._node("Add", states, bias), before)
        return self._node("LayerNormalization", summed, scale, shift, axis=-1, epsilon=_EPSILON)

    def _constant(self, name: str, numbers: Array | None = None) -> str:
        from onnx import numpy_helper

        numbers = self._weights[name] if numbers is None else numbers
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(numbers, dtype=np.float32), name))
        return name

    def _fused(self, operator: str, *inputs: str, spare: bool = False, **more: Any) -> str:
        return self._node(operator, *inputs, domain=FUSED, spare=spare, **more)

    def _node(
        self, operator: str, *inputs: str, out: str = "", domain: str = "", spare: bool = False, **more: Any
    ) -> str:
        """`spare` is an output that the operator insists on and nobody reads."""
        from onnx import helper

        out = out or f"{operator}_{len(self._nodes)}"
        outputs = [out, f"{out}_spare"] if spare else [out]
        self._nodes.append(helper.make_node(operator, list(inputs), outputs, domain=domain, **more))
        return out


if __name__ == "__main__":
    build(read_weights(Path(sys.argv[1])), Path(sys.argv[2]))
