"""Writes test/fixtures/safetensors/: one small file by the Python package `safetensors`, and its values as JSON.

Needs torch and safetensors. Integers and bit patterns are written as decimal strings, floats as numbers.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "safetensors"

tensors = {
    "bool": torch.tensor([True, False, True]),
    "uint8": torch.tensor([0, 1, 255], dtype=torch.uint8),
    "int8": torch.tensor([[-128, 127]], dtype=torch.int8),
    "int16": torch.tensor([-32768, 32767], dtype=torch.int16),
    "uint16": torch.tensor([0, 65535], dtype=torch.uint16),
    "float16": torch.tensor([[0.5, -65504.0], [6e-8, float("inf")]], dtype=torch.float16),
    "bfloat16": torch.tensor([1.0, -3.0e38, 1e-40], dtype=torch.bfloat16),
    "int32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "uint32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
    "float32": torch.tensor([[[0.1], [-2.5]]], dtype=torch.float32),
    "float64": torch.tensor([0.1, 1e300], dtype=torch.float64),
    "int64": torch.tensor([-(2**63), 2**63 - 1], dtype=torch.int64),
    "uint64": torch.tensor([0, 2**64 - 1], dtype=torch.uint64),
    # Names that a careless reader or writer trips over.
    "10": torch.tensor([10.0]),
    "9": torch.tensor([9.0]),
    "__proto__": torch.tensor([7.0]),
    "constructor": torch.tensor([8.0]),
    'quote " slash / tab \t é': torch.tensor([1.0]),
    "\uffff": torch.tensor([2.0]),
    "\U00010000": torch.tensor([3.0]),
    "": torch.tensor([4.0]),
    "scalar": torch.tensor(5.0),
    "empty": torch.zeros(2, 0),
}


def values(tensor):
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.view(torch.uint16)
    items = tensor.flatten().tolist()
    return items if tensor.dtype in (torch.float32, torch.float64) else [str(int(item)) for item in items]


folder.mkdir(parents=True, exist_ok=True)
save_file(tensors, folder / "all-dtypes.safetensors", metadata={"format": 'pt "é"'})
expected = [
    {"name": name, "dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "values": values(tensor)}
    for name, tensor in tensors.items()
]
(folder / "all-dtypes.json").write_text(json.dumps(expected, indent=1) + "\n")
