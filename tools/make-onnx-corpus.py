"""Writes ONNX files of Vision Transformers by many exporters, and what is true of them, counted from their sources.

    make-onnx-corpus.py FOLDER [--quick | --fixtures]

All weights are random. `manifest.json` in the folder lists the files with their truth (`config` in the words of
src/nn/config.ts, `counts` of one pass through the source), and under `refused` what an exporter itself cannot do.
`outputs/SOURCE.json` has what PyTorch computes for the input float32(sin(i * i)), i the flat index.

Needs torch, timm, transformers, torchvision, onnx, onnxruntime, onnxscript, onnxsim and onnxslim. Others want packages of
other versions; these name Pythons that have them, and without one its files are among the refused:
VITRINE_OPTIMUM_PYTHON (optimum-onnx), VITRINE_PADDLE_PYTHON (paddlepaddle, paddle2onnx), VITRINE_FLAX_PYTHON (jax, flax,
jax2onnx), VITRINE_KERAS_PYTHON (tensorflow, tf2onnx).

--quick writes ten files in half a minute. --fixtures writes those of test/fixtures/onnx, smaller still.
"""

import argparse
import importlib.metadata
import json
import pathlib
import sys
import zlib

import torch

from onnx_corpus import exporters
from onnx_corpus.check import check
from onnx_corpus.counts import count
from onnx_corpus.size import shrink
from onnx_corpus.transforms import tolerances, transforms, truth_after

libraries = ["torch", "timm", "transformers", "torchvision", "onnx", "onnxscript", "onnxruntime", "onnxsim", "onnxslim"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--quick", dest="plan", action="store_const", const="quick", default="plan")
    chosen.add_argument("--fixtures", dest="plan", action="store_const", const="fixtures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.plan == "fixtures":
        shrink()
    write_corpus(arguments.folder, arguments.plan)


def write_corpus(folder, plan):
    # Described only now, when it is known how large models are to be.
    from onnx_corpus import plan as plans
    from onnx_corpus.sources import sources

    exports = getattr(plans, plan)
    (folder / "outputs").mkdir(parents=True, exist_ok=True)
    versions = {name: importlib.metadata.version(name) for name in libraries}
    manifest = {"versions": versions, "files": [], "refused": []}
    truths = {}
    for export in exports:
        model, truth = truths.get(export.source) or built(export.source, sources[export.source], folder)
        truths[export.source] = model, truth
        file = folder / export.file
        described = {"file": export.file, **export.described(), **truth_after(export.after, truth)}
        try:
            getattr(exporters, export.exporter)(model, str(file), opset=export.opset, **export.options)
            for name in export.after:
                with exporters.quiet():
                    transforms[name](str(file), model.config)
            error = check(file, model, tolerance(export))
            measured = {"bytes": file.stat().st_size, "error": error, "tolerance": tolerance(export)}
            manifest["files"].append({**described, **measured})
            print(file.name, file.stat().st_size, f"{error:.1e}", flush=True)
        except Exception as error:
            file.unlink(missing_ok=True)
            first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
            manifest["refused"].append({**described, "error": first_line[:300]})
            print(f"{export.file}: refused: {first_line}", file=sys.stderr, flush=True)
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def built(source, build, folder):
    """The source model with its truth; its outputs go to the folder."""
    model = build(zlib.crc32(source.encode()))
    inputs = tuple(model.inputs.values())
    truth = {"source": source, "verdict": model.verdict, "counts": count(model.module, inputs)}
    if model.config:
        truth["config"] = model.config
    if model.other_attention:
        truth["otherAttention"] = True
    outputs = {name: tensor_json(value) for name, value in zip(model.outputs, model.results, strict=True)}
    inputs = {name: list(value.shape) for name, value in model.inputs.items()}
    (folder / "outputs" / f"{source}.json").write_text(json.dumps({"inputs": inputs, "outputs": outputs}) + "\n")
    return model, truth


def tolerance(export):
    """What a file's outputs may differ from its source's, relative to the largest."""
    return max([tolerances.get(name, 1e-4) for name in export.after], default=1e-4)


def tensor_json(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{value:.8g}") for value in tensor.flatten().tolist()]}


if __name__ == "__main__":
    main()
