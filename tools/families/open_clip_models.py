"""CLIP under the names of OpenAI's code, made by open_clip, which has kept them."""

import open_clip
import torch
from open_clip.model import CLIP

from families.common import new_folder, write_expected
from families.torch_common import evaluate, randomise

vision = {"image_size": 16, "patch_size": 4, "layers": 2, "width": 18, "head_width": 6, "mlp_ratio": 2}
text = {"context_length": 5, "vocab_size": 9, "width": 8, "heads": 2, "layers": 1}


def file(quick_gelu, whole, options):
    """The picture's tower alone, or the whole model, in which its names begin with `visual.`."""

    def write(folder, seed):
        model = randomise(CLIP(embed_dim=7, vision_cfg=vision, text_cfg=text, quick_gelu=quick_gelu), seed)
        torch.save((model if whole else model.visual).state_dict(), new_folder(folder) / "clip.pt")
        shape = [2, 3, vision["image_size"], vision["image_size"]]
        values = evaluate(model.visual, shape, lambda output: output)
        options_here = {"numHeads": vision["width"] // vision["head_width"], **options}
        write_expected(
            folder, f"open_clip {open_clip.__version__}", shape, values, file="clip.pt", output="features",
            options=options_here,
        )

    return write


families = {
    # OpenAI's models have quick GELU; whether others under the same names do, their files do not tell.
    "openai-clip": file(quick_gelu=True, whole=True, options={}),
    "openai-clip-visual": file(quick_gelu=True, whole=False, options={}),
    "open-clip-gelu": file(quick_gelu=False, whole=True, options={"activation": "gelu"}),
}
