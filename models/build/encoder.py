"""The sentence encoder as one ONNX graph: BERT, mean over the tokens, unit length.

Padding is dropped before the dense layers and put back around attention, so a padded batch costs
little more than its real tokens. There is no input for token types: type 0 is folded into the
position table.
"""

import numpy as np
from onnx import TensorProto

from graph_writer import MICROSOFT, GraphWriter

LENGTH_LEAST = 1e-12


def encoder_model(weights, config, precision):
    """Returns (model, taps). `taps` lists (tag, tensor name) of every dense layer's input.

    A tag is `<layer>.<part>`, where the part is qkv, out, ff1 or ff2.
    """
    encoder = _Encoder(weights, config, precision)
    model = encoder.model()
    return model, encoder.taps


class _Encoder:
    def __init__(self, weights, config, precision):
        self.weights = weights
        self.width = config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.layers = config["num_hidden_layers"]
        self.epsilon = float(config["layer_norm_eps"])
        self.precision = precision
        self.graph = GraphWriter()
        self.taps = []

    def model(self):
        graph = self.graph
        self._packing()
        x = self._embedded()
        mask = graph.op("Cast", "attention_mask", to=TensorProto.INT32)
        for layer in range(self.layers):
            x = self._attention(layer, x, mask)
            x = self._feed_forward(layer, x)
        return graph.model(self._pooled(x), self.width)

    def _packing(self):
        """Which slot of [batch, seq] each real token has, and which token each slot shows."""
        graph = self.graph
        shape = graph.op("Shape", "input_ids")
        # The batch size is not needed, but its node is part of the published bytes.
        graph.op("Slice", shape, graph.ints(0), graph.ints(1))
        length = graph.op("Slice", shape, graph.ints(1), graph.ints(2))
        length = graph.op("Squeeze", length, graph.ints(0))
        first, step = graph.const(np.array(0, np.int64)), graph.const(np.array(1, np.int64))
        positions = graph.op("Range", first, length, step)

        flat = graph.ints(-1)
        positions = graph.op("Unsqueeze", positions, graph.ints(0))
        positions = graph.op("Reshape", graph.op("Expand", positions, shape), flat)
        mask = graph.op("Reshape", "attention_mask", flat)
        self.slot_of_token = graph.op("Reshape", graph.op("NonZero", mask), flat)
        token = graph.op("Sub", graph.op("CumSum", mask, first), graph.ints(1))
        # A padded slot shows some real token; the mask keeps it from being looked at.
        token = graph.op("Max", token, graph.ints(0))
        self.token_of_slot = graph.op("Reshape", token, shape)
        ids = graph.op("Reshape", "input_ids", flat)
        self.ids = graph.op("Gather", ids, self.slot_of_token)
        self.positions = graph.op("Gather", positions, self.slot_of_token)

    def _embedded(self):
        words = self.weights["embeddings.word_embeddings.weight"]
        positions = self.weights["embeddings.position_embeddings.weight"]
        positions = positions + self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.precision.word_table(self.graph, words, self.ids)
        p = self.precision.position_table(self.graph, positions, self.positions)
        return self._normalized_sum(x, p, "embeddings.LayerNorm")

    def _attention(self, layer, x, mask):
        graph = self.graph
        prefix = f"encoder.layer.{layer}.attention."
        parts = [f"{prefix}self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self.weights[f"{part}.weight"].T for part in parts], 1)
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts])
        factors = self.precision.value_factors(f"{layer}.out")
        if factors is not None:
            unchanged = np.ones(2 * self.width)
            inverse = np.concatenate([unchanged, 1 / factors]).astype(np.float32)
            weight, bias = weight * inverse, bias * inverse

        qkv = self._dense(f"{layer}.qkv", x, weight, bias)
        qkv = graph.op("Gather", qkv, self.token_of_slot)
        query, key, value = graph.op("Split", qkv, outputs=3, axis=-1, num_outputs=3)
        seen = graph.op(
            "MultiHeadAttention",
            *(query, key, value, None, mask),
            domain=MICROSOFT,
            num_heads=self.heads,
        )
        seen = graph.op("Reshape", seen, graph.ints(-1, self.width))
        seen = graph.op("Gather", seen, self.slot_of_token)
        out = self._published(f"{layer}.out", seen, prefix + "output.dense")
        return self._normalized_sum(out, x, prefix + "output.LayerNorm")

    def _feed_forward(self, layer, x):
        prefix = f"encoder.layer.{layer}."
        hidden = self._published(f"{layer}.ff1", x, prefix + "intermediate.dense", gelu=True)
        out = self._published(f"{layer}.ff2", hidden, prefix + "output.dense")
        return self._normalized_sum(out, x, prefix + "output.LayerNorm")

    def _pooled(self, x):
        """The direction of the mean. The sum has the same one, so nothing is divided by a count."""
        graph = self.graph
        x = graph.op("Gather", x, self.token_of_slot)
        mask = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
        mask = graph.op("Unsqueeze", mask, graph.ints(1))
        total = graph.op("Squeeze", graph.op("MatMul", mask, x), graph.ints(1))
        length = graph.op("ReduceL2", total, graph.ints(1), keepdims=1)
        return graph.op("Div", total, graph.op("Max", length, graph.float(LENGTH_LEAST)))

    def _published(self, tag, x, name, gelu=False):
        weight, bias = self.weights[f"{name}.weight"].T, self.weights[f"{name}.bias"]
        return self._dense(tag, x, weight, bias, gelu)

    def _dense(self, tag, x, weight, bias, gelu=False):
        """x @ weight + bias, with weight [in, out]."""
        self.taps.append((tag, x))
        return self.precision.dense(self.graph, tag, x, weight, bias, gelu)

    def _normalized_sum(self, x, other, name):
        # Sum, not Add: onnxruntime fuses Add + LayerNormalization into SkipLayerNormalization,
        # whose CPU kernel is several times slower than the two apart.
        graph = self.graph
        total = graph.op("Sum", x, other)
        scale, bias = (graph.float(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return graph.op(
            "LayerNormalization", total, scale, bias, axis=-1, epsilon=self.epsilon
        )
