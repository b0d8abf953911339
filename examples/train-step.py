"""Trains an exported step with nothing but ONNX Runtime: python train-step.py FOLDER (pip install onnxruntime)"""

import json
import sys
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession

folder = Path(sys.argv[1])
graphs = json.loads((folder / "manifest.json").read_text())["graphs"]
session = {name: InferenceSession(folder / graph["file"]) for name, graph in graphs.items()}
pixels_shape = {port["name"]: port["shape"] for port in graphs["training-step"]["inputs"]}["pixel_values"]
random = np.random.default_rng(0)


def run(name, values):
    """Runs a graph; its outputs come by the names of the inputs that they feed."""
    feeds = {port["name"]: values[port["name"]] for port in graphs[name]["inputs"]}
    results = session[name].run(None, feeds)
    return {port.get("feeds", port["name"]): result for port, result in zip(graphs[name]["outputs"], results)}


def pictures():
    """Stand-ins for your own: noise, brighter the higher the number of the class, of which there are two."""
    labels = random.integers(0, 2, pixels_shape[0])
    noise = random.normal(size=pixels_shape) + labels[:, None, None, None]
    return {"pixel_values": noise.astype(np.float32), "labels": labels}


state = run("initial-state", {})
for step in range(1, 31):
    scalars = {"learning_rate": np.float32(1e-3), "step": np.float32(step), "seed": np.int64(step)}
    settings = {name: np.asarray(value) for name, value in scalars.items()}
    state |= run("training-step", state | pictures() | settings)
    if step % 10 == 0:
        print(f"step {step}: loss {state['loss']:.4f}, {state['correct']:.0f} of {pixels_shape[0]} right")
batch = pictures()
answers = run("predict", state | batch)["logits"].argmax(1)
print(f"new pictures: {(answers == batch['labels']).mean():.0%} right")
