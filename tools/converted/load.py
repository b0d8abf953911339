"""Loads models that Vitrine wrote with the libraries that they were written for, and prints what they make of pixels.

    load.py TASKS.json

TASKS.json is a list of {"library", "folder", "architecture", "pixels", "shape", "photo"}: `pixels` is a file of float32
values; `photo`, where there is one, is prepared by the library as well. Prints a list of {"output", "prepared"}, or of
{"problem"}. Needs torch, timm, transformers, torchvision, safetensors, numpy and Pillow.
"""

import contextlib
import json
import logging
import os
import re
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import transformers
from PIL import Image

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
logging.disable(logging.WARNING)
torch.set_num_threads(1)


def load_timm(folder, architecture):
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    return model, lambda photo: transform(photo)[None]


def load_transformers(folder, architecture):
    model_class = getattr(transformers, architecture)
    model, info = model_class.from_pretrained(folder, output_loading_info=True)
    # ViTModel always makes a pooler; what a file without one is for comes before it.
    has_pooler = not any("pooler" in name for name in info["missing_keys"])
    odd = [n for n in [*info["missing_keys"], *info["unexpected_keys"], *info["mismatched_keys"]] if "pooler" not in n]
    assert not odd, f"missing or unexpected: {odd}"

    def run(pixels):
        output = model.eval()(pixels)
        for name in ("logits", "image_embeds", "pooler_output"):
            if getattr(output, name, None) is not None and (has_pooler or name != "pooler_output"):
                return getattr(output, name)
        return output.last_hidden_state[:, 0]

    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    return run, lambda photo: processor(photo, return_tensors="pt").pixel_values


def load_auto(folder, architecture):
    """As most people do, who do not know the class."""
    model = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    return lambda pixels: model(pixels).logits, lambda photo: processor(photo, return_tensors="pt").pixel_values


def load_torchvision(folder, architecture):
    """By the very lines of the README."""
    code = re.search(r"```python\n(.*?)```", Path(folder, "README.md").read_text(), re.S).group(1)
    names = {}
    with contextlib.chdir(folder):
        exec(code, names)
    return names["model"], lambda photo: names["prepare"](photo)[None]


loaders = {
    "timm": load_timm,
    "hf": load_transformers,
    "auto": load_auto,
    "torchvision": load_torchvision,
}


def run(task):
    model, prepare = loaders[task["library"]](task["folder"], task["architecture"])
    pixels = torch.from_numpy(np.fromfile(task["pixels"], dtype=np.float32).reshape(task["shape"]))
    with torch.inference_mode():
        result = {"output": model(pixels).flatten().tolist()}
    if "photo" in task:
        result["prepared"] = prepare(Image.open(task["photo"]).convert("RGB")).flatten().tolist()
    return result


def main(tasks):
    results = []
    for task in json.loads(Path(tasks).read_text()):
        try:
            results.append(run(task))
        except Exception as error:
            results.append({"problem": f"{type(error).__name__}: {error}"})
    print(json.dumps(results))


os.environ["HF_HUB_OFFLINE"] = "1"
main(sys.argv[1])
