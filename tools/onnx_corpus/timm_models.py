"""Vision Transformers of timm. What is true of them is read off their attributes."""

import timm
from timm.layers import SwiGLU
from timm.models.vision_transformer import VisionTransformer

from families.torch_common import randomise
from onnx_corpus.model import Model, images
from onnx_corpus.size import size

tiny = {
    "img_size": size["image"], "patch_size": size["patch"], "embed_dim": size["dim"], "depth": size["depth"],
    "num_heads": size["heads"], "num_classes": size["classes"],
}  # fmt: skip
ACTIVATIONS = {"GELU": "gelu", "GELUTanh": "geluTanh", "QuickGELU": "quickGelu", "SiLU": "silu"}


def config_of(model: VisionTransformer):
    block = model.blocks[0]
    kind = type(block.mlp).__name__
    swiglu = kind in ("GluMlp", "SwiGLU")
    # A product each for the gate and for what goes through it are the same as one for both.
    hidden = 2 * block.mlp.fc1_g.out_features if kind == "SwiGLU" else block.mlp.fc1.out_features
    last = model.fc_norm if type(model.fc_norm).__name__ != "Identity" else model.norm
    activation = activation_of(block.mlp.act)
    distilled = hasattr(model, "head_dist")
    class_token = model.cls_token is not None
    config = {
        "imageSize": model.patch_embed.img_size[0],
        "patchSize": model.patch_embed.patch_size[0],
        "inChannels": model.patch_embed.proj.in_channels,
        "numClasses": getattr(model.head, "out_features", 0),
        "embedDim": model.embed_dim,
        "depth": len(model.blocks),
        "numHeads": block.attn.num_heads,
        "mlpRatio": hidden / model.embed_dim,
        "mlp": "swiglu" if swiglu else "mlp",
        "activation": activation,
        "qkvBias": block.attn.qkv.bias is not None,
        "qkNorm": type(block.attn.q_norm).__name__ != "Identity",
        "layerScale": type(block.ls1).__name__ != "Identity",
        "classToken": class_token,
        "distillation": distilled,
        "regTokens": model.num_reg_tokens if not distilled else 0,
        "preNorm": type(model.norm_pre).__name__ != "Identity",
        "pooling": model.global_pool,
        "layerNormEps": last.eps,
        "head": "linear",
        "representationSize": 0,
    }
    if class_token or model.num_reg_tokens:
        config["noEmbedClass"] = bool(model.no_embed_class)
    # With the class token alone, normalising before or after pooling is the same.
    if model.global_pool != "token":
        config["fcNorm"] = type(model.fc_norm).__name__ != "Identity"
    return config


def activation_of(module):
    name = ACTIVATIONS[type(module).__name__]
    return "geluTanh" if name == "gelu" and module.approximate == "tanh" else name


def unfuse(model):
    for block in model.blocks:
        block.attn.fused_attn = False


def model_of(architecture="vit_tiny_patch16_224", *, unfused=False, **options):
    """A small one of timm's architectures; `unfused` has attention as plain products, as for older exporters."""

    def build(seed):
        model = randomise(timm.create_model(architecture, **{**tiny, **options}), seed)
        if unfused:
            unfuse(model)
        pixels = images(model.patch_embed.img_size[0], model.patch_embed.proj.in_channels)
        return Model(model, {"pixel_values": pixels}, ["logits"], config_of(model))

    return build


def true_size(architecture, *, unfused=False):
    """A model as large as published ones, for timings."""

    def build(seed):
        model = randomise(timm.create_model(architecture), seed)
        if unfused:
            unfuse(model)
        return Model(model, {"pixel_values": images(224)}, ["logits"], config_of(model))

    return build


sources = {
    "timm-vit": model_of(),
    "timm-vit-unfused": model_of(unfused=True),
    "timm-vit-grey": model_of(in_chans=1, unfused=True),
    "timm-vit-odd-size": model_of(img_size=45, patch_size=14),
    "timm-vit-no-head": model_of(num_classes=0),
    "timm-vit-no-bias": model_of(qkv_bias=False),
    "timm-vit-one-head": model_of(num_heads=1, unfused=True),
    "timm-vit-one-layer": model_of(depth=1, unfused=True),
    "timm-vit-qk-norm": model_of(qk_norm=True),
    "timm-vit-qk-norm-unfused": model_of(qk_norm=True, unfused=True),
    "timm-vit-avg": model_of(global_pool="avg", unfused=True),
    "timm-vit-gap": model_of("vit_medium_patch16_gap_240"),
    "timm-vit-registers": model_of("vit_little_patch16_reg4_gap_256", unfused=True),
    "timm-vit-patches-only": model_of(class_token=False, global_pool="avg"),
    "timm-vit-own-positions": model_of(no_embed_class=True, unfused=True),
    "timm-vit-registers-class": model_of(reg_tokens=2, no_embed_class=True),
    "timm-vit-registers-positions": model_of(reg_tokens=2, unfused=True),
    "timm-vit-layer-scale": model_of(init_values=0.1, unfused=True),
    "timm-vit-token-avg-norm": model_of(global_pool="avg", fc_norm=False),
    "timm-vit-silu": model_of(act_layer="silu"),
    "timm-vit-swiglu-of-two": model_of(mlp_layer=SwiGLU, unfused=True),
    "timm-vit-wide-heads": model_of(embed_dim=64, num_heads=2, mlp_ratio=2.5),
    "timm-vit-resizable": model_of(dynamic_img_size=True),
    "timm-deit": model_of("deit_tiny_patch16_224", unfused=True),
    "timm-deit-distilled": model_of("deit_tiny_distilled_patch16_224", unfused=True),
    "timm-deit3": model_of("deit3_small_patch16_224"),
    "timm-dinov2": model_of("vit_small_patch14_dinov2", num_classes=0, unfused=True),
    "timm-dinov2-registers": model_of("vit_small_patch14_reg4_dinov2"),
    "timm-dinov2-giant": model_of("vit_giant_patch14_dinov2", num_classes=0, mlp_ratio=4),
    "timm-clip": model_of("vit_base_patch16_clip_224"),
    "timm-clip-quickgelu": model_of("vit_base_patch16_clip_quickgelu_224", unfused=True),
    "timm-siglip": model_of("vit_base_patch16_siglip_224", num_classes=0),
    "timm-siglip-gap": model_of("vit_base_patch16_siglip_gap_224", unfused=True),
    "timm-map-registers": model_of("vit_so150m_patch16_reg4_map_256"),
    "timm-vit-b16": true_size("vit_base_patch16_224"),
    "timm-vit-b16-unfused": true_size("vit_base_patch16_224", unfused=True),
    "timm-vit-ti16": true_size("vit_tiny_patch16_224"),
}
