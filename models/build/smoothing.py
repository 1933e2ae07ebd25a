"""SmoothQuant's factors, measured on random word pieces: no text is needed to build."""

import numpy as np
import onnxruntime
from onnx import helper

from encoder import encoder_model
from precision import Float32

ALPHA = 0.6
SEED = 7
SEQUENCES = 256
PIECES_MIN, PIECES_MAX = 6, 63
# Below come special tokens, unused ones and single characters.
FIRST_PIECE = 1000
CLS, SEP = 101, 102
MAGNITUDE_LEAST = 1e-4

INPUTS_OF = {
    "qkv": ["attention.self.query", "attention.self.key", "attention.self.value"],
    "out": ["attention.output.dense"],
    "ff1": ["intermediate.dense"],
    "ff2": ["output.dense"],
}


def smoothing_factors(weights, config):
    """Maps each dense layer's tag to one float32 factor per input channel, of geometric mean 1."""
    largest = _largest_activations(weights, config)
    factors = {}
    for tag, activations in largest.items():
        layer, part = tag.split(".")
        names = [f"encoder.layer.{layer}.{name}.weight" for name in INPUTS_OF[part]]
        heaviest = np.max([np.abs(weights[name]).max(0) for name in names], axis=0)
        factor = np.maximum(activations, MAGNITUDE_LEAST) ** ALPHA
        factor = factor / np.maximum(heaviest, MAGNITUDE_LEAST) ** (1 - ALPHA)
        factors[tag] = (factor / np.exp(np.log(factor).mean())).astype(np.float32)
    return factors


def _largest_activations(weights, config):
    """Runs the float32 graph and keeps each dense layer's largest input, per channel."""
    model, taps = encoder_model(weights, config, Float32())
    names = [name for _, name in taps]
    model.graph.output.extend(helper.make_tensor_value_info(name, 1, None) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    largest = {}
    for ids in _random_sequences(config["vocab_size"]):
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        for (tag, _), values in zip(taps, session.run(names, feeds)):
            values = np.abs(values.reshape(-1, values.shape[-1])).max(0)
            largest[tag] = np.maximum(largest.get(tag, 0), values)
    return largest


def _random_sequences(vocabulary):
    """Yields ids [1, n]."""
    random = np.random.default_rng(SEED)
    first = min(FIRST_PIECE, vocabulary // 2)
    for _ in range(SEQUENCES):
        count = int(random.integers(PIECES_MIN, PIECES_MAX + 1))
        pieces = random.integers(first, vocabulary, count)
        yield np.concatenate([[CLS], pieces, [SEP]])[None].astype(np.int64)
