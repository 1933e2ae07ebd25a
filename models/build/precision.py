"""How the numbers of the encoder are stored and multiplied: float32, or int8 for the CPU."""

import numpy as np
from onnx import TensorProto

from graph_writer import MICROSOFT

INT8_TOP = 127
# A product of u8 and s8 pairs fits 16 bits when one side has 7 bits: for x86 without VNNI.
REDUCED_TOP = 63
INT16_TOP = 32767
# No token's activations are scaled by more than this.
ACTIVATION_LEAST = 1e-6


class Float32:
    """Everything as published."""

    def value_factors(self, tag):
        return None

    def word_table(self, graph, table, ids):
        return graph.op("Gather", graph.float(table), ids)

    def position_table(self, graph, table, positions):
        return graph.op("Gather", graph.float(table), positions)

    def dense(self, graph, tag, x, weight, bias, gelu=False):
        product = graph.op("MatMul", x, graph.float(weight))
        if gelu:
            return graph.op("BiasGelu", product, graph.float(bias), domain=MICROSOFT)
        return graph.op("Add", product, graph.float(bias))


class Int8:
    """Weights in 8 bits with a scale per column; activations in 8 bits with a scale per token.

    A scale per token, found while running, keeps a text's vector independent of what shares its
    batch. `factors` maps a layer's tag to SmoothQuant's factor per input channel: activations are
    divided by it and weights multiplied, which moves outliers to where they cost less.
    """

    def __init__(self, factors, reduce_range=False):
        self._factors = factors
        self._top = REDUCED_TOP if reduce_range else INT8_TOP

    def value_factors(self, tag):
        """Factors of a layer whose input they reach through the values of attention."""
        return self._factors[tag]

    def word_table(self, graph, table, ids):
        return _quantized_table(graph, table, ids, INT8_TOP, np.int8)

    def position_table(self, graph, table, positions):
        return _quantized_table(graph, table, positions, INT16_TOP, np.int16)

    def dense(self, graph, tag, x, weight, bias, gelu=False):
        factors = self._factors[tag]
        weight = weight * factors[:, None]
        if not tag.endswith(".out"):
            x = graph.op("Mul", x, graph.float(1 / factors))
        columns, scales = self._quantized_columns(weight)

        largest = graph.op("ReduceMax", graph.op("Abs", x), graph.ints(-1), keepdims=1)
        largest = graph.op("Max", largest, graph.float(ACTIVATION_LEAST))
        zero = graph.const(np.array(128, np.uint8))
        scaled = graph.op("Mul", x, graph.op("Div", graph.float(INT8_TOP), largest))
        one = graph.float(1)
        rows = graph.op("QuantizeLinear", scaled, one, zero)
        product = graph.op(
            "MatMulIntegerToFloat",
            *(rows, graph.const(columns), one, graph.const(scales / INT8_TOP), zero, None, None),
            domain=MICROSOFT,
        )
        result = graph.op("Add", graph.op("Mul", product, largest), graph.float(bias))
        return graph.op("Gelu", result, approximate="none") if gelu else result

    def _quantized_columns(self, weight):
        scales = _nonzero(np.abs(weight).max(axis=0) / self._top)
        columns = np.clip(np.rint(weight / scales), -self._top, self._top).astype(np.int8)
        return columns, scales.astype(np.float32)


def _quantized_table(graph, table, rows, top, kind):
    """Looks up rows of a table kept in `kind` with a scale per row."""
    scales = _nonzero(np.abs(table).max(axis=1, keepdims=True) / top)
    quantized = np.clip(np.rint(table / scales), -top, top).astype(kind)
    found = graph.op("Gather", graph.const(quantized), rows)
    found = graph.op("Cast", found, to=TensorProto.FLOAT)
    return graph.op("Mul", found, graph.op("Gather", graph.float(scales), rows))


def _nonzero(scales):
    scales[scales == 0] = 1
    return scales
