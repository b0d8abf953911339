"""Writes ViT-B/16 with random weights as its libraries save it (346 MB each), to measure how long loading takes.

    make-large-models.py FOLDER        FOLDER/timm and FOLDER/huggingface

Needs torch, timm and transformers.
"""

import pathlib
import sys

import timm
import transformers
from transformers import ViTConfig, ViTForImageClassification

folder = pathlib.Path(sys.argv[1])
transformers.logging.disable_progress_bar()
model = timm.create_model("vit_base_patch16_224")
timm.models.save_for_hf(model, folder / "timm", safe_serialization=True)
ViTForImageClassification(ViTConfig(num_labels=1000)).save_pretrained(folder / "huggingface")
