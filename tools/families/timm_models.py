"""Families as timm has them: its own folders, and files of other projects that it reads."""

import timm
import torch
from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn

from families.common import labels, new_folder, write_expected
from families.torch_common import evaluate, randomise

library = f"timm {timm.__version__}"
size = {"img_size": 16, "patch_size": 4, "embed_dim": 18, "depth": 2, "num_heads": 3, "mlp_ratio": 2}
classes = {"num_classes": len(labels)}
# What neither a bare file of this library nor its tensors tell; published ones have heads of 64 features.
bare_options = {"numHeads": size["num_heads"]}

# Name of the fixture: timm's architecture and what differs from `size` and `classes`.
architectures = {
    "vit": ("vit_tiny_patch16_224", {"img_size": 32, "patch_size": 8, "mlp_ratio": 4}),
    "vit-patch16": ("vit_tiny_patch16_224", {"img_size": 32, "patch_size": 16}),
    "vit-patch14-odd-size": ("vit_tiny_patch16_224", {"img_size": 45, "patch_size": 14}),
    "vit-grey": ("vit_tiny_patch16_224", {"in_chans": 1}),
    "vit-four-channels": ("vit_tiny_patch16_224", {"in_chans": 4}),
    "vit-no-head": ("vit_tiny_patch16_224", {"num_classes": 0}),
    "vit-avg": ("vit_tiny_patch16_224", {"global_pool": "avg"}),
    "vit-gap": ("vit_medium_patch16_gap_240", {}),
    "vit-qk-norm": ("vit_tiny_patch16_224", {"qk_norm": True}),
    "vit-registers": ("vit_little_patch16_reg4_gap_256", {}),
    "deit": ("deit_tiny_patch16_224", {}),
    "deit-distilled": ("deit_tiny_distilled_patch16_224", {}),
    "deit3": ("deit3_small_patch16_224", {}),
    "dinov2": ("vit_small_patch14_dinov2", {"num_classes": 0}),
    "dinov2-registers": ("vit_small_patch14_reg4_dinov2", {"num_classes": 0}),
    "dinov2-giant": ("vit_giant_patch14_dinov2", {"num_classes": 0, "mlp_ratio": 16 / 3}),
    "clip": ("vit_base_patch16_clip_224", {}),
    "clip-quickgelu": ("vit_base_patch16_clip_quickgelu_224", {}),
    "siglip": ("vit_base_patch16_siglip_224", {"num_classes": 0}),
    "siglip-tanh": ("vit_base_patch32_siglip_256", {}),
    "siglip-gap": ("vit_base_patch16_siglip_gap_224", {}),
    "map-registers": ("vit_so150m_patch16_reg4_map_256", {}),
}


def create(architecture, seed, **options):
    return randomise(timm.create_model(architecture, **{**size, **classes, **options}), seed)


def outcome(model):
    """The input's shape and what the model gives for it."""
    shape = [2, model.in_chans, *model.patch_embed.img_size]
    return shape, evaluate(model, shape, lambda output: output)


def timm_folder(architecture, options):
    def write(folder, seed):
        model = create(architecture, seed, **options)
        shape, values = outcome(model)
        named = {"label_names": labels} if model.num_classes else {}
        timm.models.save_for_hf(model, folder, model_config=named, safe_serialization=True)
        write_expected(folder, library, shape, values, output="logits" if model.num_classes else "features")

    return write


def timm_half(dtype):
    """model.safetensors in half precision, as large models are published; the logits are of the rounded weights."""

    def write(folder, seed):
        model = create("vit_tiny_patch16_224", seed).to(dtype)
        timm.models.save_for_hf(model, folder, model_config={"label_names": labels}, safe_serialization=True)
        write_expected(folder, library, *outcome(model.float()))

    return write


def timm_bin(folder, seed):
    """pytorch_model.bin, as older folders have it."""
    model = create("vit_tiny_patch16_224", seed)
    timm.models.save_for_hf(model, folder, model_config={"label_names": labels}, safe_serialization=False)
    write_expected(folder, library, *outcome(model))


def file_by_torch(wrap, architecture="vit_tiny_patch16_224", **save_options):
    """A bare file of torch.save with whatever `wrap` makes of the model's tensors."""

    def write(folder, seed):
        model = create(architecture, seed)
        torch.save(wrap(model.state_dict()), new_folder(folder) / "checkpoint.pth", **save_options)
        write_expected(folder, library, *outcome(model), file="checkpoint.pth", options=bare_options)

    return write


def averaged(state):
    """What timm's training script writes: the averaged weights are those to use."""
    return {
        "epoch": 3,
        "arch": "vit_tiny_patch16_224",
        "state_dict": {name: tensor + 1 for name, tensor in state.items()},
        "state_dict_ema": {f"module.{name}": tensor for name, tensor in state.items()},
    }


def facebook_dinov2(architecture, registers=False, **options):
    """A file under the names of DINOv2's own code, evaluated by timm after it has read that file."""

    def write(folder, seed):
        model = create(architecture, seed, num_classes=0, **options)
        state = {}
        for name, tensor in model.state_dict().items():
            if registers and name in ("cls_token", "pos_embed"):
                continue
            name = name.replace("reg_token", "register_tokens")
            if "giant" in architecture:
                name = name.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3")
            state[name] = tensor
        if registers:
            # DINOv2 adds a position to the class token too; timm has added it once and for all.
            generator = torch.Generator().manual_seed(seed + 1)
            position = 0.01 * torch.randn(1, 1, size["embed_dim"], generator=generator)
            state["cls_token"] = model.cls_token.data - position
            state["pos_embed"] = torch.cat([position, model.pos_embed.data], dim=1)
        state["mask_token"] = torch.ones(1, size["embed_dim"])
        torch.save(state, new_folder(folder) / "dinov2.pth")
        model.load_state_dict(checkpoint_filter_fn(torch.load(folder / "dinov2.pth"), model))
        write_expected(
            folder, library, *outcome(model), file="dinov2.pth", output="features", options=bare_options
        )

    return write


class PreLogitsTransformer(VisionTransformer):
    """timm before 0.6 and WZM: a Linear and tanh before the head (AugReg and the original in21k weights)."""

    def __init__(self, **options):
        super().__init__(**options)
        self.pre_logits = torch.nn.Sequential()
        self.pre_logits.add_module("fc", torch.nn.Linear(self.embed_dim, 12))
        self.pre_logits.add_module("act", torch.nn.Tanh())
        self.head = torch.nn.Linear(12, self.num_classes)

    def forward_head(self, x, pre_logits=False):
        return self.head(self.pre_logits(self.pool(x)))


def pre_logits(folder, seed):
    model = randomise(PreLogitsTransformer(**size, **classes), seed)
    torch.save(model.state_dict(), new_folder(folder) / "vit.pth")
    write_expected(folder, library, *outcome(model), file="vit.pth", options=bare_options)


families = {f"timm-{name}": timm_folder(*described) for name, described in architectures.items()}
families |= {
    "timm-float16": timm_half(torch.float16),
    "timm-bfloat16": timm_half(torch.bfloat16),
    "timm-bin": timm_bin,
    "pth-deit": file_by_torch(lambda state: {"model": state}, "deit_tiny_distilled_patch16_224"),
    "pth-ema": file_by_torch(averaged),
    "pth-legacy-parallel": file_by_torch(
        lambda state: {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}},
        _use_new_zipfile_serialization=False,
    ),
    "pth-pre-logits": pre_logits,
    "facebook-dinov2": facebook_dinov2("vit_small_patch14_dinov2"),
    "facebook-dinov2-registers": facebook_dinov2("vit_small_patch14_reg4_dinov2", registers=True),
    "facebook-dinov2-giant": facebook_dinov2("vit_giant_patch14_dinov2", mlp_ratio=16 / 3),
}
