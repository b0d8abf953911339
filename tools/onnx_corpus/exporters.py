"""How a source model becomes a file."""

import contextlib
import logging
import os
import sys
import warnings

import torch

import onnx


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
