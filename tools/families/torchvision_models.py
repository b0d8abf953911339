"""torchvision's VisionTransformer: bare files, as it publishes them."""

import torch
import torchvision
from torchvision.models import VisionTransformer

from families.common import labels, new_folder, write_expected
from families.torch_common import evaluate, randomise

size = {"image_size": 16, "patch_size": 4, "num_layers": 2, "num_heads": 3, "hidden_dim": 18, "mlp_dim": 36}


def file(rename=lambda name: name, **options):
    def write(folder, seed):
        model = randomise(VisionTransformer(**size, num_classes=len(labels), **options), seed)
        state = {rename(name): tensor for name, tensor in model.state_dict().items()}
        torch.save(state, new_folder(folder) / "vit.pth")
        shape = [2, 3, size["image_size"], size["image_size"]]
        write_expected(
            folder, f"torchvision {torchvision.__version__}", shape, evaluate(model, shape, lambda output: output),
            file="vit.pth", options={"numHeads": size["num_heads"]},
        )

    return write


def older(name):
    """Names before torchvision 0.14."""
    return name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2.")


families = {
    "torchvision": file(),
    "torchvision-older-names": file(older),
    "torchvision-representation": file(representation_size=12),
}
