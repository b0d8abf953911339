"""Families as transformers saves them."""

import transformers
from transformers import (
    CLIPConfig,
    CLIPModel,
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
    Dinov2WithRegistersModel,
    SiglipConfig,
    SiglipForImageClassification,
    SiglipModel,
    SiglipVisionConfig,
    SiglipVisionModel,
    ViTConfig,
    ViTForImageClassification,
    ViTModel,
)

from families.common import labels, write_expected
from families.torch_common import evaluate, randomise

library = f"transformers {transformers.__version__}"
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

size = {
    "hidden_size": 18, "num_hidden_layers": 2, "num_attention_heads": 3, "image_size": 16, "patch_size": 4,
}
plain = {**size, "intermediate_size": 36}
classes = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
text = {
    "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 9,
    "max_position_embeddings": 5, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2,
}


def logits(output):
    return output.logits


def pooled(output):
    return output.pooler_output


def image_embeds(output):
    return output.image_embeds


# Name of the fixture: the model's class, its config, what of its output counts.
models = {
    "vit": (ViTForImageClassification, ViTConfig(**plain, **classes), logits),
    "vit-options": (
        ViTForImageClassification,
        ViTConfig(
            **{**plain, **classes, "image_size": 23, "patch_size": 7},
            num_channels=4, qkv_bias=False, layer_norm_eps=1e-5, hidden_act="gelu_pytorch_tanh",
        ),
        logits,
    ),
    "vit-pooler": (ViTModel, ViTConfig(**plain), pooled),
    "deit": (DeiTForImageClassification, DeiTConfig(**plain, **classes), logits),
    "deit-distilled": (DeiTForImageClassificationWithTeacher, DeiTConfig(**plain, **classes), logits),
    "dinov2": (Dinov2Model, Dinov2Config(**size, mlp_ratio=2), pooled),
    "dinov2-classifier": (Dinov2ForImageClassification, Dinov2Config(**size, **classes, mlp_ratio=2), logits),
    "dinov2-giant": (Dinov2Model, Dinov2Config(**size, use_swiglu_ffn=True), pooled),
    "dinov2-registers": (Dinov2WithRegistersModel, Dinov2WithRegistersConfig(**size, mlp_ratio=2), pooled),
    "dinov2-registers-classifier": (
        Dinov2WithRegistersForImageClassification, Dinov2WithRegistersConfig(**size, **classes, mlp_ratio=2), logits,
    ),
    "clip-vision": (CLIPVisionModelWithProjection, CLIPVisionConfig(**plain, projection_dim=7), image_embeds),
    "clip-vision-gelu": (
        CLIPVisionModelWithProjection, CLIPVisionConfig(**plain, projection_dim=7, hidden_act="gelu"), image_embeds,
    ),
    "clip-vision-no-projection": (CLIPVisionModel, CLIPVisionConfig(**plain), pooled),
    "siglip-vision": (SiglipVisionModel, SiglipVisionConfig(**plain), pooled),
    "siglip-classifier": (
        SiglipForImageClassification, SiglipConfig(vision_config=plain, text_config=text, **classes), logits,
    ),
}


def folder_of(model_class, config, outcome):
    def write(folder, seed):
        model = randomise(model_class._from_config(config), seed)
        model.save_pretrained(folder)
        vision = getattr(config, "vision_config", config)
        shape = [2, vision.num_channels, vision.image_size, vision.image_size]
        values = evaluate(model, shape, outcome)
        write_expected(folder, library, shape, values, output="logits" if outcome is logits else "features")

    return write


def both_towers(model_class, config):
    """A whole CLIP or SigLIP, as most published files are: pictures alone are asked of it."""

    def write(folder, seed):
        model = randomise(model_class._from_config(config), seed)
        model.save_pretrained(folder)
        model.forward = model.get_image_features
        shape = [2, 3, size["image_size"], size["image_size"]]
        write_expected(folder, library, shape, evaluate(model, shape, pooled), output="features")

    return write


def sharded(folder, seed):
    model = randomise(ViTForImageClassification(models["vit"][1]), seed)
    model.save_pretrained(folder, max_shard_size="10KB")
    shape = [2, 3, size["image_size"], size["image_size"]]
    write_expected(folder, library, shape, evaluate(model, shape, logits))


families = {f"hf-{name}": folder_of(*described) for name, described in models.items()}
families |= {
    "hf-clip": both_towers(
        CLIPModel, CLIPConfig(vision_config={**plain, "projection_dim": 7}, text_config=text, projection_dim=7)
    ),
    "hf-siglip": both_towers(
        SiglipModel, SiglipConfig(vision_config=plain, text_config={**text, "projection_size": 18})
    ),
    "hf-sharded": sharded,
}
