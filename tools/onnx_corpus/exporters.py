"""How a source model becomes a file."""

import contextlib
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import timm
import torch

from onnx_corpus.model import Pick

repository = pathlib.Path(__file__).parents[2]


def torchscript(model, file, *, opset, dynamic=True, folding=True):
    """The older exporter, which traces. `dynamic` leaves the batch size open."""
    names = list(model.inputs)
    axes = {name: {0: "batch"} for name in [*names, *model.outputs]} if dynamic else None
    with quiet():
        torch.onnx.export(
            model.module, tuple(model.inputs.values()), file, dynamo=False, opset_version=opset,
            input_names=names, output_names=model.outputs, dynamic_axes=axes, do_constant_folding=folding,
        )


def dynamo(model, file, *, opset, dynamic=True, optimize=True):
    """The newer exporter, by torch.export. `optimize` folds constants."""
    inputs = tuple(model.inputs.values())
    shapes = None
    if dynamic:
        # An example of batch 1 would be taken for a constant.
        inputs = tuple(torch.cat([value, value]) for value in inputs)
        shapes = ({0: torch.export.Dim("batch")},) * len(inputs)
    with quiet():
        torch.onnx.export(
            model.module, inputs, file, dynamo=True, opset_version=opset, input_names=list(model.inputs),
            output_names=model.outputs, dynamic_shapes=shapes, external_data=False, optimize=optimize, verbose=False,
        )
    written = {entry.version for entry in onnx.load(file, load_external_data=False).opset_import if not entry.domain}
    if written != {opset}:
        raise ValueError(f"wrote opset {written} instead of {opset}")


def vitrine(model, file, *, opset, batch="dynamic"):
    """Our own, from the model's folder."""
    with saved(model) as folder:
        command = ["export", folder, "--output", file, "--opset", str(opset), "--batch", batch]
        execute(["node", str(repository / "dist" / "cli" / "main.js"), *command])


def optimum(model, file, *, opset, task):
    """Hugging Face's, in an environment of its own, since it needs an older transformers."""
    python = os.environ.get("VITRINE_OPTIMUM_PYTHON")
    if not python:
        raise ValueError("VITRINE_OPTIMUM_PYTHON names no Python that has Optimum")
    with saved(model) as folder, tempfile.TemporaryDirectory() as output:
        options = ["--model", folder, "--task", task, "--opset", str(opset), "--no-post-process"]
        execute([python, "-m", "optimum.exporters.onnx", *options, output])
        onnx.save(onnx.load(f"{output}/model.onnx"), file)


def elsewhere(script, variable, needs):
    """An exporter of another framework, whose model gets the same weights, in the Python that `variable` names."""

    def export(model, file, *, opset, dynamic=True):
        python = os.environ.get(variable)
        if not python:
            raise ValueError(f"{variable} names no Python that has {needs}")
        path = pathlib.Path(__file__).parent / script
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/weights.npz", **{name: it.numpy() for name, it in model.module.state_dict().items()})
            execute([python, str(path), f"{folder}/weights.npz", file, str(opset), "true" if dynamic else "false"])

    return export


paddle = elsewhere("paddle_export.py", "VITRINE_PADDLE_PYTHON", "PaddlePaddle and paddle2onnx")
flax = elsewhere("flax_export.py", "VITRINE_FLAX_PYTHON", "jax, flax and jax2onnx")
keras = elsewhere("keras_export.py", "VITRINE_KERAS_PYTHON", "TensorFlow and tf2onnx")


@contextlib.contextmanager
def saved(model):
    """A folder as the model's own library saves it."""
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(model.module, Pick):
            model.module.model.save_pretrained(folder)
        else:
            timm.models.save_for_hf(model.module, folder, safe_serialization=True)
        yield folder


def execute(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])


@contextlib.contextmanager
def quiet():
    """Without what exporters print, also from C++: whole graphs at times."""
    logging.disable(logging.WARNING)
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
            logging.disable(logging.NOTSET)
