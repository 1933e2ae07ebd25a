#!/usr/bin/env python3
"""Makes a model directory that runs on a GPU from one whose products are in int8, without download.

    python float_from_int8.py --model ../all-MiniLM-L6-v2 --out DIRECTORY

The int8 operators exist for processors alone. Here each int8 product becomes a float product with the
weights that the int8 ones stand for; activations are no longer rounded. That is another model, with
its own digest: its vectors are never mixed with those of the int8 one.
"""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

MODEL_FILE = "model_float.onnx"
COPIED = ["tokenizer.json", "tokenizer_config.json", "config.json", "golden.json", "LICENSE", "NOTICE"]
INT8_PRODUCT = "MatMulIntegerToFloat"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, type=Path, help="a directory with an int8 model")
    parser.add_argument("--out", required=True, type=Path, help="the directory to write")
    arguments = parser.parse_args()

    description = json.loads((arguments.model / "embedding.json").read_text())
    model = onnx.load(str(arguments.model / description["modelFile"]))
    replaced = with_float_products(model.graph)
    onnx.checker.check_model(model)

    arguments.out.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(arguments.out / MODEL_FILE))
    for name in COPIED:
        shutil.copyfile(arguments.model / name, arguments.out / name)
    described = {
        **description,
        "model": description["model"].removesuffix("-int8") + "-float-of-int8",
        "modelFile": MODEL_FILE,
        "devices": ["cpu", "cuda"],
        "sha256": {
            name: hashlib.sha256((arguments.out / name).read_bytes()).hexdigest()
            for name in [MODEL_FILE, "tokenizer.json", "golden.json"]
        },
    }
    (arguments.out / "embedding.json").write_text(json.dumps(described, indent=2) + "\n")
    print(f"{replaced} products, {described['sha256'][MODEL_FILE]}  {arguments.out / MODEL_FILE}")


def with_float_products(graph):
    """Replaces every int8 product, in place; returns how many there were.

    What the builder writes for a dense layer, with a scale for each token found on the way:

        largest = Max(ReduceMax(Abs(x)))       rows = QuantizeLinear(x * (127 / largest), 1, 128)
        MatMulIntegerToFloat(rows, columns, 1, scales / 127, 128) * largest

    becomes MatMul(x, columns * scales). What only the rounding needed is then used by nothing.
    """
    constants = {each.name: each for each in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    consumers = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)

    products = [node for node in graph.node if node.op_type == INT8_PRODUCT]
    for product in products:
        rows, columns, one, scales = product.input[:4]
        scaled = producers[producers[rows].input[0]]
        expect(scaled.op_type == "Mul" and producers[scaled.input[1]].op_type == "Div", product)
        expect(float(array(constants, one)) == 1, product)
        (rescaled,) = consumers[product.output[0]]
        largest = producers[scaled.input[1]].input[1]
        expect(rescaled.op_type == "Mul" and rescaled.input[1] == largest, product)

        top = array(constants, producers[scaled.input[1]].input[0])
        weight = array(constants, columns).astype(np.float32) * (array(constants, scales) * top)
        name = f"{product.name}_weight"
        graph.initializer.append(numpy_helper.from_array(weight.astype(np.float32), name))
        product.CopyFrom(
            helper.make_node(
                "MatMul", [scaled.input[0], name], [rescaled.output[0]], name=product.name
            )
        )
        graph.node.remove(rescaled)
    drop_unused(graph)
    return len(products)


def drop_unused(graph):
    wanted = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted.isdisjoint(node.output):
            continue
        wanted.update(node.input)
        kept.append(node)
    constants = [each for each in graph.initializer if each.name in wanted]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)


def array(constants, name):
    return numpy_helper.to_array(constants[name])


def expect(condition, product):
    if not condition:
        raise SystemExit(f"{product.name}: not a product as build.py writes it")


if __name__ == "__main__":
    main()
