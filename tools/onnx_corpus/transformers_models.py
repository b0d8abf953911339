"""Vision Transformers of transformers. What is true of them is read off their configs."""

import transformers
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModel,
    CLIPVisionModelWithProjection,
    DeiTConfig,
    DeiTForImageClassification,
    DeiTForImageClassificationWithTeacher,
    Dinov2Config,
    Dinov2ForImageClassification,
    Dinov2Model,
    Dinov2WithRegistersConfig,
    Dinov2WithRegistersForImageClassification,
    SiglipConfig,
    SiglipForImageClassification,
    SiglipVisionConfig,
    SiglipVisionModel,
    ViTConfig,
    ViTForImageClassification,
    ViTModel,
)

from families.torch_common import randomise
from onnx_corpus.model import Model, Pick, images
from onnx_corpus.size import size

transformers.logging.set_verbosity_error()

tiny = {
    "hidden_size": size["dim"], "num_hidden_layers": size["depth"], "num_attention_heads": size["heads"],
    "image_size": size["image"], "patch_size": size["patch"],
}  # fmt: skip
plain = {**tiny, "intermediate_size": size["hidden"]}
classes = {"num_labels": size["classes"]}
ACTIVATIONS = {"gelu": "gelu", "gelu_pytorch_tanh": "geluTanh", "quick_gelu": "quickGelu"}


def config_of(config, **differences):
    """What all families share, and what `differences` of one say."""
    hidden = getattr(config, "intermediate_size", None) or config.hidden_size * config.mlp_ratio
    return {
        "imageSize": config.image_size,
        "patchSize": config.patch_size,
        "inChannels": config.num_channels,
        "numClasses": 0,
        "embedDim": config.hidden_size,
        "depth": config.num_hidden_layers,
        "numHeads": config.num_attention_heads,
        "mlpRatio": hidden / config.hidden_size,
        "mlp": "mlp",
        "activation": ACTIVATIONS[config.hidden_act],
        "qkvBias": getattr(config, "qkv_bias", True),
        "qkNorm": False,
        "layerScale": False,
        "classToken": True,
        "distillation": False,
        "regTokens": 0,
        "noEmbedClass": False,
        "preNorm": False,
        "pooling": "token",
        "layerNormEps": config.layer_norm_eps,
        "head": "linear",
        "representationSize": 0,
        **differences,
    }


def model_of(model_class, config, outputs, differences=None, *, attention="sdpa", without=(), **arguments):
    """`without` names what no graph of these outputs tells; `arguments` are given to the model."""

    def build(seed):
        model = randomise(model_class._from_config(config, attn_implementation=attention), seed)
        vision = getattr(config, "vision_config", config)
        truth = config_of(vision, **(differences or {}))
        for name in without:
            del truth[name]
        pixels = images(vision.image_size, vision.num_channels)
        return Model(Pick(model, outputs, **arguments), {"pixel_values": pixels}, outputs, truth)

    return build


text = {
    "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 9,
    "max_position_embeddings": 5, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2,
}
vit = ViTConfig(**plain, **classes)
vit_options = ViTConfig(
    **{**plain, **classes, "image_size": 23, "patch_size": 7},
    num_channels=4, qkv_bias=False, layer_norm_eps=1e-5, hidden_act="gelu_pytorch_tanh",
)
deit = DeiTConfig(**plain, **classes)
dinov2 = Dinov2Config(**tiny, **classes, mlp_ratio=2)
registers = Dinov2WithRegistersConfig(**tiny, **classes, mlp_ratio=2)
clip = CLIPVisionConfig(**plain, projection_dim=size["classes"])
siglip = SiglipVisionConfig(**plain)
# Its output does not depend on the pooling head, which would run for nothing.
siglip_classifier = SiglipConfig(vision_config={**plain, "vision_use_head": False}, text_config=text, **classes)

logits = ["logits"]
labelled = {"numClasses": size["classes"]}
pooled = ["last_hidden_state", "pooler_output"]
pre_logits = {"numClasses": 0, "representationSize": size["dim"]}
no_class = {"classToken": False}
map_pooling = {**no_class, "pooling": "map", "fcNorm": False}
scaled = {"layerScale": True}

sources = {
    "hf-vit": model_of(ViTForImageClassification, vit, logits, labelled),
    "hf-vit-eager": model_of(ViTForImageClassification, vit, logits, labelled, attention="eager"),
    "hf-vit-options": model_of(ViTForImageClassification, vit_options, logits, labelled),
    # With a last hidden state alone, nothing says that the class token is what counts.
    "hf-vit-hidden": model_of(ViTModel, vit, ["last_hidden_state"], without=["pooling"]),
    "hf-vit-pooler": model_of(ViTModel, vit, pooled, pre_logits),
    # Its distillation token has no head of its own: one more token beside the class token.
    "hf-deit": model_of(DeiTForImageClassification, deit, logits, {**labelled, "regTokens": 1}),
    # Scores and tokens of every layer are results too, of use for attention maps.
    "hf-vit-attentions": model_of(
        ViTForImageClassification, vit, ["attentions", "logits"], labelled, attention="eager", output_attentions=True
    ),
    "hf-vit-hidden-states": model_of(
        ViTForImageClassification, vit, ["hidden_states", "logits"], labelled, output_hidden_states=True
    ),
    "hf-vit-interpolated": model_of(
        ViTForImageClassification, vit, logits, labelled, interpolate_pos_encoding=True
    ),
    "hf-deit-distilled": model_of(
        DeiTForImageClassificationWithTeacher, deit, logits, {**labelled, "distillation": True}, attention="eager"
    ),
    "hf-dinov2": model_of(Dinov2Model, dinov2, pooled, scaled),
    "hf-dinov2-classifier": model_of(
        Dinov2ForImageClassification, dinov2, logits,
        {**scaled, **labelled, "pooling": "token+avg", "fcNorm": False}, attention="eager",
    ),
    "hf-dinov2-registers": model_of(
        Dinov2WithRegistersForImageClassification, registers, logits,
        {**scaled, **labelled, "pooling": "token+avg", "fcNorm": False, "regTokens": 4},
        # The class token has a position and registers have none: to us it is a class token with its position added.
        without=["noEmbedClass"],
    ),
    "hf-clip-vision": model_of(CLIPVisionModel, clip, pooled, {"preNorm": True}),
    "hf-clip-vision-projection": model_of(
        CLIPVisionModelWithProjection, clip, ["image_embeds"], {"preNorm": True, **labelled}, attention="eager"
    ),
    "hf-siglip-vision": model_of(SiglipVisionModel, siglip, pooled, map_pooling),
    "hf-siglip-classifier": model_of(
        SiglipForImageClassification, siglip_classifier, logits,
        {**no_class, **labelled, "pooling": "avg", "fcNorm": False}, attention="eager",
    ),
}
