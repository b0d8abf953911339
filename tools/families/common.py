"""What every family's generator shares: the input, and how a fixture is written."""

import json
import math
import shutil

import numpy as np

labels = ["daisy", "dandelion", "roses", "sunflowers", "tulips"]


def pixels(shape):
    """x[i] = float32(sin(i²)), i the flat index: like noise, and any language computes the same."""
    index = np.arange(math.prod(shape), dtype=np.float64)
    return np.sin(index * index).astype(np.float32).reshape(shape)


def new_folder(path):
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def write_expected(folder, library, shape, values, *, file=None, output="logits", precision="float64", options=None):
    """expected.json: `file` is the weight file to load (the folder itself where None), `options` what no file tells."""
    values = np.asarray(values)
    assert values.ndim == 2 and values.shape[0] == shape[0] and np.isfinite(values).all(), values
    expected = {
        "library": library,
        **({"file": file} if file else {}),
        **({"options": options} if options else {}),
        "input": {"shape": list(shape), "values": "float32(sin(i * i)), i = flat index"},
        "output": output,
        "precision": precision,
        # Eight digits: more than float32 has.
        "values": [[float(f"{value:.8g}") for value in row] for row in values.tolist()],
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    for path in folder.iterdir():
        path.chmod(0o644)


class Indistinct(Exception):
    """With these weights a wrong epsilon or activation would hardly show: another seed has to be tried."""


def require_distinct(what, change):
    if change <= 1e-3:
        raise Indistinct(f"{what} changes the output by {change:.1e} only")
