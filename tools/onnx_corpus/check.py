"""Whether a file computes what its source does, by ONNX Runtime."""

import numpy as np
import onnxruntime

types = {"tensor(float16)": np.float16, "tensor(float)": np.float32, "tensor(int64)": np.int64}


def check(file, model, tolerance):
    """The largest difference of an output, relative to the largest value. @raise ValueError beyond the tolerance"""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    feeds = {it.name: model.inputs[it.name].numpy().astype(types[it.type]) for it in session.get_inputs()}
    actual = session.run(None, feeds)
    # Our own files have one output alone, the last that others have.
    error = max(difference(*pair) for pair in zip(actual, model.results[-len(actual) :], strict=True))
    if not error <= tolerance:
        raise ValueError(f"differs from its source by {error:.1e}")
    return error


def difference(actual, expected):
    expected = expected.numpy()
    if actual.shape != expected.shape:
        raise ValueError(f"gives {actual.shape} instead of {expected.shape}")
    return float(np.abs(actual.astype(np.float32) - expected).max() / np.abs(expected).max())
