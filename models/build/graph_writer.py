"""Writes an ONNX graph one node at a time."""

import hashlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
OPSET = 21
IR_VERSION = 10


class GraphWriter:
    """Every call of `op` appends a node and returns the name of its output.

    Names are counted, and equal constants are stored once, so the same calls give the same bytes.
    """

    def __init__(self):
        self.nodes = []
        self.constants = []
        self._names = {}

    def const(self, values):
        """The name of a constant with the type and the shape of `values`."""
        array = np.asarray(values)
        if array.ndim > 0:
            array = np.ascontiguousarray(array)
        key = (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest())
        if key not in self._names:
            name = f"c{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(array, name))
            self._names[key] = name
        return self._names[key]

    def float(self, values):
        return self.const(np.asarray(values, dtype=np.float32))

    def ints(self, *values):
        return self.const(np.array(values, dtype=np.int64))

    def op(self, kind, *inputs, outputs=1, domain="", **attributes):
        """Appends a node. An input of None is an optional one left out."""
        name = f"{kind}_{len(self.nodes) + 1}"
        results = [name] if outputs == 1 else [f"{name}_{i}" for i in range(outputs)]
        wired = [each or "" for each in inputs]
        node = helper.make_node(kind, wired, results, name=name, domain=domain, **attributes)
        self.nodes.append(node)
        return results[0] if outputs == 1 else results

    def model(self, result, width):
        """The finished model: ids and mask [batch, seq] in, `result` [batch, width] out."""
        self.nodes.append(helper.make_node("Identity", [result], ["embedding"]))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "seq"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width])
        graph = helper.make_graph(
            self.nodes, "sentence_embedder", inputs, [output], self.constants
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        # The producer's name is part of the file's digest: it stays as it was first published.
        return helper.make_model(
            graph, opset_imports=opsets, producer_name="build_onnx", ir_version=IR_VERSION
        )
