"""Checks an ONNX image classifier with the tools of the Python world: onnx.checker and ONNX Runtime.

    check-export.py MODEL.onnx [--input-json FILE]

Runs the model on a fixed input, x[i] = float32(sin(0.01 * i)) with i the flat index over the input's shape, where a
dynamic batch becomes 2. FILE may hold another input: {"shape": [...], "data": [...]}. Prints one JSON line:
{"ok": true, "shape": [...], "logits": [[...]]}, or {"ok": false, "error": "..."} and exit code 1.

Needs numpy, onnx and onnxruntime.
"""

import argparse
import json
import sys

import numpy as np
import onnx
import onnxruntime


def fixed_input(info):
    """The fixed input for a model input; only the first axis may be dynamic."""
    batch, *rest = info.shape
    shape = [batch if isinstance(batch, int) else 2, *rest]
    if not all(isinstance(size, int) for size in shape):
        raise ValueError(f"the input {info.name} has dynamic axes besides the batch: {info.shape}")
    return np.sin(0.01 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape)


def input_from(path):
    with open(path) as file:
        given = json.load(file)
    return np.array(given["data"], np.float32).reshape(given["shape"])


def check(model, input_json):
    # By path, so that models above 2 GB and external data are checked too.
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise ValueError(f"the model has {len(inputs)} inputs instead of 1")
    values = input_from(input_json) if input_json else fixed_input(inputs[0])
    logits = session.run([session.get_outputs()[0].name], {inputs[0].name: values})[0]
    if not np.isfinite(logits).all():
        raise ValueError("the logits are not all finite")
    return {"ok": True, "shape": list(logits.shape), "logits": logits.tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--input-json")
    arguments = parser.parse_args()
    try:
        result = check(arguments.model, arguments.input_json)
    except Exception as error:  # whatever a broken model raises is the result of the check
        result = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result))
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
