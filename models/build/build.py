#!/usr/bin/env python3
"""Makes the model file that Tidemark ships from the published float32 weights, without torch.

    python build.py --model DIRECTORY --out model_int8.onnx                  for x86 with VNNI
    python build.py --model DIRECTORY --out model_int8.onnx --reduce-range   for x86 without
    python build.py --model DIRECTORY --out model.onnx --float32             the reference
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from safetensors.numpy import load_file

from encoder import encoder_model
from precision import Float32, Int8
from smoothing import smoothing_factors


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, type=Path, help="has config.json, model.safetensors")
    parser.add_argument("--out", required=True, type=Path, help="the file to write")
    parser.add_argument("--float32", action="store_true", help="no quantization")
    parser.add_argument("--reduce-range", action="store_true", help="weights in 7 bits")
    arguments = parser.parse_args()

    config = read_config(arguments.model / "config.json")
    weights = read_weights(arguments.model / "model.safetensors")
    if arguments.float32:
        precision = Float32()
    else:
        precision = Int8(smoothing_factors(weights, config), arguments.reduce_range)
    model, _ = encoder_model(weights, config, precision)

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(arguments.out))
    digest = hashlib.sha256(arguments.out.read_bytes()).hexdigest()
    print(f"{digest}  {arguments.out}  {arguments.out.stat().st_size} bytes")


def read_config(path):
    """Refuses what the graph does not express."""
    config = json.loads(path.read_text())
    expected = {"model_type": "bert", "position_embedding_type": "absolute", "hidden_act": "gelu"}
    for key, value in expected.items():
        if config.get(key, value) != value:
            raise SystemExit(f"{path}: {key} is {config[key]!r}, only {value!r} is handled")
    return config


def read_weights(path):
    """Maps names without the `bert.` prefix to arrays; floats become float32."""
    weights = {}
    for name, values in load_file(path).items():
        floating = values.dtype.kind == "f"
        weights[name.removeprefix("bert.")] = values.astype(np.float32) if floating else values
    return weights


if __name__ == "__main__":
    main()
