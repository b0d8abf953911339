"""Writes test/fixtures/names.json: what the libraries call the tensors of a ViT, and the same tensors as timm has them.

    make-name-fixtures.py

Every library's own tiny model is filled with numbers that follow from the names of its tensors (`numbers`), so that the
fixture needs names and shapes alone. Beside them are the hashes of the tensors under timm's names, and the check here is
that timm's VisionTransformer computes with these what the library's model computes. Needs torch, timm (made with
1.0.31), transformers (5.23), torchvision (0.29) and open_clip (3.3).
"""

import hashlib
import json
import pathlib
import re
import tempfile
import warnings

import numpy as np
import open_clip
import timm.layers
import torch
import torchvision
import transformers
from safetensors.torch import load_file, save_file
from timm.models import vision_transformer

warnings.simplefilter("ignore")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.manual_seed(0)
dim, heads, depth, classes = 8, 2, 2, 3
pixels = torch.randn(2, 3, 8, 8, dtype=torch.float64)
cases = {}


def numbers(name, shape):
    """Multiples of 2^-11 from -1/4 to 1/4, by FNV-1a of the name and the flat index."""
    start = 0x811C9DC5
    for byte in name.encode():
        start = ((start ^ byte) * 0x01000193) & 0xFFFFFFFF
    count = int(np.prod(shape))
    values = (start + 7919 * np.arange(count, dtype=np.int64)) % 1009 - 504
    return torch.from_numpy((values / 2048).astype(np.float32).reshape(shape))


def filled(tensors):
    """Numbers for the names and shapes of `tensors`, whatever they hold."""
    return {name: numbers(name, tuple(tensor.shape)) for name, tensor in tensors.items()}


def digest(tensor):
    data = np.ascontiguousarray(tensor.detach().numpy(), dtype="<f4").tobytes()
    return hashlib.sha256(str(list(tensor.shape)).encode() + data).hexdigest()[:8]


def add(name, source, tensors, canonical, **facts):
    cases[name] = {
        **facts,
        "source": source,
        "file": {key: list(tensor.shape) for key, tensor in tensors.items()},
        "canonical": {key: digest(tensor) for key, tensor in sorted(canonical.items())},
    }


def timm_vit(**options):
    options = {"num_classes": classes, "mlp_ratio": 2, **options}
    kind = vision_transformer.VisionTransformer
    if options.pop("distilled", False):
        from timm.models.deit import VisionTransformerDistilled as kind
    return kind(img_size=8, patch_size=4, embed_dim=dim, depth=depth, num_heads=heads, **options).eval()


def check(name, canonical, wanted, model):
    """Does timm's model with the canonical tensors compute what the library's does?"""
    model.load_state_dict(canonical, strict=True)
    with torch.no_grad():
        error = (model.double()(pixels) - wanted).abs().max() / wanted.abs().max()
    assert error < 1e-6, f"{name}: {error}"
    print(f"{name}: {float(error):.1e}")


def join(tensors, *names):
    return torch.cat([tensors[name] for name in names])


# --- transformers ---------------------------------------------------------------------------------------------------

sizes = dict(hidden_size=dim, num_attention_heads=heads, image_size=8, patch_size=4)
sizes_mlp = dict(sizes, intermediate_size=2 * dim)


def set_depth(layers):
    """Two layers show whether they are mixed up; one keeps the fixture small."""
    global depth
    depth = sizes["num_hidden_layers"] = sizes_mlp["num_hidden_layers"] = layers



def bert_like(state, prefix):
    """timm's tensors out of a ViT, DeiT or DINOv2 of transformers in memory."""
    tower = {key.removeprefix(prefix): value for key, value in state.items()}
    out = {
        "cls_token": tower["embeddings.cls_token"],
        "pos_embed": tower["embeddings.position_embeddings"],
        "patch_embed.proj.weight": tower["embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": tower["embeddings.patch_embeddings.projection.bias"],
        "norm.weight": tower["layernorm.weight"],
        "norm.bias": tower["layernorm.bias"],
    }
    layers = "layers" if "layers.0.mlp.fc1.weight" in tower else "encoder.layer"
    for i in range(depth):
        theirs, ours = f"{layers}.{i}", f"blocks.{i}"
        for parameter in ("weight", "bias"):
            qkv = [f"{theirs}.attention.{part}_proj.{parameter}" for part in "qkv"]
            out[f"{ours}.attn.qkv.{parameter}"] = join(tower, *qkv)
            for ours_name, names in {
                "attn.proj": ["attention.o_proj"],
                "norm1": ["layernorm_before", "norm1"],
                "norm2": ["layernorm_after", "norm2"],
                "mlp.fc2": ["mlp.fc2", "mlp.down_proj"],
            }.items():
                [found] = [tower[key] for n in names if (key := f"{theirs}.{n}.{parameter}") in tower]
                out[f"{ours}.{ours_name}.{parameter}"] = found
            gated = [f"{theirs}.mlp.{part}_proj.{parameter}" for part in ("gate", "up")]
            plain = tower.get(f"{theirs}.mlp.fc1.{parameter}")
            out[f"{ours}.mlp.fc1.{parameter}"] = join(tower, *gated) if plain is None else plain
        for j in (1, 2):
            if f"{theirs}.layer_scale{j}.lambda1" in tower:
                out[f"{ours}.ls{j}.gamma"] = tower[f"{theirs}.layer_scale{j}.lambda1"]
    return out


def heads_of(state, **names):
    return {f"{ours}.{p}": state[f"{theirs}.{p}"] for ours, theirs in names.items() for p in ("weight", "bias")}


def in_file(model):
    """A model of the same kind with our numbers under the names of its files, through save and load."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tensors = filled(load_file(f"{folder}/model.safetensors"))
        save_file(tensors, f"{folder}/model.safetensors", {"format": "pt"})
        return tensors, type(model).from_pretrained(folder).eval()


def in_memory(model):
    tensors = filled(model.state_dict())
    model.load_state_dict(tensors)
    return tensors, model.eval()


def output_of(model, pick):
    with torch.no_grad():
        return pick(model.double()(pixel_values=pixels))


def with_transformers():
    logits = lambda output: output.logits
    few = dict(num_labels=classes)

    for layers, where in ((2, in_file), (1, in_memory)):
        set_depth(layers)
        place = where.__name__.replace("_", "-")
        tensors, model = where(transformers.ViTForImageClassification(transformers.ViTConfig(**sizes_mlp, **few)))
        canonical = {**bert_like(model.state_dict(), "vit."), **heads_of(model.state_dict(), head="classifier")}
        add(f"vit-{place}", "huggingface", tensors, canonical, modelType="vit")
        check(f"vit-{place}", canonical, output_of(model, logits), timm_vit(norm_layer=norm(1e-12)))

        tensors, model = where(transformers.ViTModel(transformers.ViTConfig(**sizes_mlp)))
        canonical = bert_like(model.state_dict(), "")
        pooler = heads_of(model.state_dict(), **{"pre_logits.fc": "pooler.dense"})
        add(f"vit-model-{place}", "huggingface", tensors, {**canonical, **pooler}, modelType="vit")
        features = output_of(model, lambda output: output.last_hidden_state[:, 0])
        check(f"vit-model-{place}", canonical, features, timm_vit(num_classes=0, norm_layer=norm(1e-12)))

        config = transformers.DeiTConfig(**sizes_mlp, **few)
        tensors, model = where(transformers.DeiTForImageClassificationWithTeacher(config))
        state = model.state_dict()
        both = heads_of(state, head="cls_classifier", head_dist="distillation_classifier")
        canonical = {**bert_like(state, "deit."), "dist_token": state["deit.embeddings.distillation_token"], **both}
        add(f"deit-teacher-{place}", "huggingface", tensors, canonical, modelType="deit")
        check(f"deit-teacher-{place}", canonical, output_of(model, logits), timm_vit(distilled=True, norm_layer=norm(1e-12)))

        tensors, model = where(transformers.Dinov2ForImageClassification(
            transformers.Dinov2Config(**sizes, **few, mlp_ratio=2)
        ))
        state = model.state_dict()
        canonical = {**bert_like(state, "dinov2."), **heads_of(state, head="classifier")}
        left_out = ["dinov2.embeddings.mask_token"]
        add(f"dinov2-{place}", "huggingface", tensors, canonical, modelType="dinov2", dropped=left_out)

        config = transformers.Dinov2Config(**sizes, mlp_ratio=4, use_swiglu_ffn=True)
        tensors, model = where(transformers.Dinov2Model(config))
        canonical = bert_like(model.state_dict(), "")
        left_out = ["embeddings.mask_token"]
        add(f"dinov2-swiglu-{place}", "huggingface", tensors, canonical, modelType="dinov2", dropped=left_out)
        gated = timm_vit(num_classes=0, mlp_ratio=6, init_values=1, mlp_layer=timm.layers.SwiGLUPacked, act_layer=torch.nn.SiLU)
        features = output_of(model, lambda output: output.pooler_output)
        check(f"dinov2-swiglu-{place}", canonical, features, gated)

        config = transformers.Dinov2WithRegistersConfig(**sizes, mlp_ratio=2, num_register_tokens=2)
        tensors, model = where(transformers.Dinov2WithRegistersModel(config))
        state = model.state_dict()
        canonical = {**bert_like(state, ""), "reg_token": state["embeddings.register_tokens"]}
        canonical["cls_token"] = canonical["cls_token"] + canonical["pos_embed"][:, :1]
        canonical["pos_embed"] = canonical["pos_embed"][:, 1:]
        kind = dict(modelType="dinov2_with_registers", dropped=["embeddings.mask_token"])
        add(f"dinov2-registers-{place}", "huggingface", tensors, canonical, **kind)
        features = output_of(model, lambda output: output.pooler_output)
        registers = timm_vit(num_classes=0, init_values=1, reg_tokens=2, no_embed_class=True)
        check(f"dinov2-registers-{place}", canonical, features, registers)

    tensors, model = in_file(transformers.DeiTForImageClassification(transformers.DeiTConfig(**sizes_mlp, **few)))
    state = model.state_dict()
    canonical = {**bert_like(state, "deit."), "dist_token": state["deit.embeddings.distillation_token"]}
    for parameter in ("weight", "bias"):
        canonical[f"head.{parameter}"] = 2 * state[f"classifier.{parameter}"]
        canonical[f"head_dist.{parameter}"] = torch.zeros_like(state[f"classifier.{parameter}"])
    add("deit-one-head", "huggingface", tensors, canonical, modelType="deit")
    check("deit-one-head", canonical, output_of(model, logits), timm_vit(distilled=True, norm_layer=norm(1e-12)))
    with_text_towers()


def norm(eps):
    return lambda *arguments, **options: torch.nn.LayerNorm(*arguments, eps=eps, **options)


def clip_like(state, prefix):
    tower = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    out = {
        "pos_embed": tower["embeddings.position_embedding.weight"][None],
        "patch_embed.proj.weight": tower["embeddings.patch_embedding.weight"],
        "norm.weight": tower["post_layernorm.weight"],
        "norm.bias": tower["post_layernorm.bias"],
    }
    if "pre_layrnorm.weight" in tower:
        out["cls_token"] = tower["embeddings.class_embedding"][None, None]
        out["norm_pre.weight"], out["norm_pre.bias"] = tower["pre_layrnorm.weight"], tower["pre_layrnorm.bias"]
    else:
        out["patch_embed.proj.bias"] = tower["embeddings.patch_embedding.bias"]
    for i in range(depth):
        for parameter in ("weight", "bias"):
            theirs, ours = f"encoder.layers.{i}", f"blocks.{i}"
            qkv = [f"{theirs}.self_attn.{part}_proj.{parameter}" for part in "qkv"]
            out[f"{ours}.attn.qkv.{parameter}"] = join(tower, *qkv)
            pairs = [("attn.proj", "self_attn.out_proj"), ("norm1", "layer_norm1"), ("norm2", "layer_norm2")]
            for a, b in [*pairs, ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2")]:
                out[f"{ours}.{a}.{parameter}"] = tower[f"{theirs}.{b}.{parameter}"]
    if "head.probe" in tower:
        out["attn_pool.latent"] = tower["head.probe"]
        pairs = [("proj", "attention.out_proj"), ("norm", "layernorm"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2")]
        for parameter in ("weight", "bias"):
            fused = tower[f"head.attention.in_proj_{parameter}"]
            out[f"attn_pool.q.{parameter}"], out[f"attn_pool.kv.{parameter}"] = fused[:dim], fused[dim:]
            for a, b in pairs:
                out[f"attn_pool.{a}.{parameter}"] = tower[f"head.{b}.{parameter}"]
    return out


def with_text_towers():
    vision = dict(sizes_mlp)
    text = dict(hidden_size=dim, num_hidden_layers=1, num_attention_heads=heads, intermediate_size=8, vocab_size=9)
    text |= dict(max_position_embeddings=4)
    quick = dict(pre_norm=True, norm_layer=norm(1e-5), act_layer=timm.layers.get_act_layer("quick_gelu"))
    projected = dict(vision, projection_dim=5)
    clip_model = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**projected))
    tensors, model = in_file(clip_model)
    canonical = clip_like(model.state_dict(), "vision_model.")
    canonical |= {"head.weight": model.state_dict()["visual_projection.weight"], "head.bias": torch.zeros(5)}
    add("clip-vision", "huggingface", tensors, canonical, modelType="clip_vision_model")
    embeds = output_of(model, lambda output: output.image_embeds)
    check("clip-vision", canonical, embeds, timm_vit(num_classes=5, **quick))

    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=5)
    tensors, model = in_file(transformers.CLIPModel(config))
    canonical = clip_like(model.state_dict(), "vision_model.")
    canonical |= {"head.weight": model.state_dict()["visual_projection.weight"], "head.bias": torch.zeros(5)}
    left_out = [name for name in tensors if name.startswith(("text_", "logit_"))]
    add("clip", "huggingface", tensors, canonical, modelType="clip_vision_model", dropped=left_out)

    tensors, model = in_file(transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**vision)))
    canonical = clip_like(model.state_dict(), "")
    add("clip-vision-bare", "huggingface", tensors, canonical, modelType="clip_vision_model")
    pooled = output_of(model, lambda output: output.pooler_output)
    check("clip-vision-bare", canonical, pooled, timm_vit(num_classes=0, **quick))

    siglip = dict(class_token=False, act_layer=timm.layers.get_act_layer("gelu_tanh"))
    tensors, model = in_file(transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**vision)))
    canonical = clip_like(model.state_dict(), "")
    add("siglip-vision", "huggingface", tensors, canonical, modelType="siglip_vision_model")
    pooled = output_of(model, lambda output: output.pooler_output)
    check("siglip-vision", canonical, pooled, timm_vit(num_classes=0, global_pool="map", **siglip))

    config = transformers.SiglipConfig(text_config=text, vision_config=vision, num_labels=classes)
    tensors, model = in_file(transformers.SiglipModel(config))
    left_out = [name for name in tensors if name.startswith(("text_", "logit_"))]
    canonical = clip_like(model.state_dict(), "vision_model.")
    add("siglip", "huggingface", tensors, canonical, modelType="siglip_vision_model", dropped=left_out)

    tensors, model = in_file(transformers.SiglipForImageClassification(config))
    canonical = clip_like(model.state_dict(), "vision_model.")
    canonical = {name: value for name, value in canonical.items() if not name.startswith("attn_pool.")}
    canonical |= heads_of(model.state_dict(), head="classifier")
    add("siglip-classifier", "huggingface", tensors, canonical, modelType="siglip_vision_model")
    averaged = timm_vit(global_pool="avg", final_norm=True, fc_norm=False, **siglip)
    check("siglip-classifier", canonical, output_of(model, lambda output: output.logits), averaged)


# --- open_clip and torchvision --------------------------------------------------------------------------------------


def with_open_clip():
    vision = dict(image_size=8, patch_size=4, width=dim, layers=depth, head_width=dim // heads, mlp_ratio=2)
    text = dict(context_length=4, vocab_size=9, width=dim, heads=heads, layers=1)
    model = open_clip.CLIP(5, vision, text).eval()
    tensors = filled(model.state_dict())
    model.load_state_dict(tensors)
    left_out = [name for name in tensors if not name.startswith("visual.")]
    canonical = vision_transformer._convert_openai_clip(tensors, None)
    add("openclip", "openclip", tensors, canonical, dropped=left_out)
    with torch.no_grad():
        wanted = model.double().visual(pixels)
    check("openclip", canonical, wanted, timm_vit(num_classes=5, pre_norm=True, norm_layer=norm(1e-5)))
    # The tower alone, with LayerScale, whose names timm's conversion does not know.
    model = open_clip.CLIP(5, dict(vision, ls_init_value=1.0), text).visual.eval()
    tensors = filled(model.state_dict())
    model.load_state_dict(tensors)
    canonical = vision_transformer._convert_openai_clip({f"visual.{name}": value for name, value in tensors.items()}, None)
    canonical = {replaced(name, [(".ls_", ".ls")]): value for name, value in canonical.items()}
    add("openclip-visual", "openclip", tensors, canonical)
    with torch.no_grad():
        wanted = model.double()(pixels)
    scaled = timm_vit(num_classes=5, pre_norm=True, init_values=1, norm_layer=norm(1e-5))
    check("openclip-visual", canonical, wanted, scaled)


def with_torchvision():
    options = dict(image_size=8, patch_size=4, num_layers=depth, num_heads=heads, hidden_dim=dim, mlp_dim=2 * dim)
    for name, extra in {"torchvision": {}, "torchvision-pre-logits": dict(representation_size=6)}.items():
        model = torchvision.models.VisionTransformer(**options, num_classes=classes, **extra).eval()
        tensors = filled(model.state_dict())
        model.load_state_dict(tensors)
        swaps = [("class_token", "cls_token"), ("encoder.pos_embedding", "pos_embed"), ("conv_proj", "patch_embed.proj")]
        swaps += [("encoder.layers.encoder_layer_", "blocks."), ("self_attention.in_proj_", "attn.qkv.")]
        swaps += [("self_attention.out_proj", "attn.proj"), ("ln_", "norm"), ("mlp.0", "mlp.fc1"), ("mlp.3", "mlp.fc2")]
        swaps += [("encoder.ln", "norm"), ("heads.head", "head"), ("heads.pre_logits", "pre_logits.fc")]
        canonical = {replaced(key, swaps): value for key, value in tensors.items()}
        add(name, "torchvision", tensors, canonical)
        if not extra:
            with torch.no_grad():
                check(name, canonical, model.double()(pixels), timm_vit())
    older = {key.replace("mlp.0", "mlp.linear_1").replace("mlp.3", "mlp.linear_2"): value for key, value in tensors.items()}
    older = filled(older)
    names = [(key, replaced(key, [("linear_1", "0"), ("linear_2", "3"), *swaps])) for key in older]
    names = [(key, ours.replace("mlp.0", "mlp.fc1").replace("mlp.3", "mlp.fc2")) for key, ours in names]
    add("torchvision-older", "torchvision", older, {ours: older[key] for key, ours in names})


def replaced(name, swaps):
    for theirs, ours in swaps:
        name = name.replace(theirs, ours)
    return name


# --- timm, and what it took over ------------------------------------------------------------------------------------


def with_timm():
    every = timm_vit(reg_tokens=2, no_embed_class=True, qk_norm=True, init_values=1, pre_norm=True, global_pool="avg")
    tensors = filled(every.state_dict())
    add("timm", "timm", tensors, tensors)
    tensors = filled(timm_vit(distilled=True).state_dict())
    add("timm-distilled", "timm", tensors, tensors)
    tensors = filled(timm_vit(num_classes=0, class_token=False, global_pool="map").state_dict())
    add("timm-map", "timm", tensors, tensors)

    # By DINOv2's own names; timm converts them itself.
    gated = dict(num_classes=0, mlp_ratio=6, init_values=1, mlp_layer=timm.layers.SwiGLUPacked, act_layer=torch.nn.SiLU)
    registers = timm_vit(**gated, reg_tokens=2, no_embed_class=True)
    shapes = {name: value.shape for name, value in registers.state_dict().items()}
    shapes["register_tokens"] = shapes.pop("reg_token")
    shapes["pos_embed"] = (1, 5, dim)
    shapes["mask_token"] = (1, dim)
    names = {name.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3"): shape for name, shape in shapes.items()}
    tensors = {name: numbers(name, shape) for name, shape in names.items()}
    canonical = vision_transformer.checkpoint_filter_fn(dict(tensors), registers)
    registers.load_state_dict(canonical, strict=True)
    add("dinov2-original", "timm", tensors, canonical, dropped=["mask_token"])
    chunked = {re.sub(r"^blocks\.(\d)", r"blocks.\1.\1", name): shape for name, shape in names.items()}
    tensors = {name: numbers(name, shape) for name, shape in chunked.items()}
    unchunked = {re.sub(r"^blocks\.\d\.", "blocks.", name): value for name, value in tensors.items()}
    canonical = vision_transformer.checkpoint_filter_fn(unchunked, registers)
    add("dinov2-chunked", "timm", tensors, canonical, dropped=["mask_token"])

    third = timm_vit(init_values=1, no_embed_class=True)
    names = {re.sub(r"ls(\d)\.gamma", r"gamma_\1", name): value for name, value in third.state_dict().items()}
    tensors = filled(names)
    canonical = vision_transformer.checkpoint_filter_fn(dict(tensors), third, adapt_layer_scale=True)
    add("deit-3", "timm", tensors, canonical)

    separate = timm_vit(mlp_layer=timm.layers.SwiGLU, act_layer=torch.nn.SiLU, num_classes=0).double()
    tensors = {name: value for name, value in filled(separate.state_dict()).items() if "mlp.norm" not in name}
    separate.load_state_dict(tensors)
    canonical = {name: value for name, value in tensors.items() if "mlp.fc1" not in name}
    for i in range(depth):
        for p in ("weight", "bias"):
            canonical[f"blocks.{i}.mlp.fc1.{p}"] = join(tensors, *[f"blocks.{i}.mlp.fc1_{s}.{p}" for s in "gx"])
    add("timm-swiglu", "timm", tensors, canonical)
    packed = dict(mlp_layer=timm.layers.SwiGLUPacked, act_layer=torch.nn.SiLU, mlp_ratio=4, num_classes=0)
    with torch.no_grad():
        check("timm-swiglu", canonical, separate(pixels), timm_vit(**packed))


# --- Google, whose files timm reads, and PaddleViT ------------------------------------------------------------------


def flax(state, big_vision, prefix=""):
    """Names and shapes of Google's for a model of timm; the rules of Flax, written down anew."""
    per_head = (heads, dim // heads)
    attention, mlp, second = (0, 0, 1) if big_vision else (1, 3, 2)
    position = "pos_embedding" if big_vision else "Transformer/posembed_input/pos_embedding"
    shapes = {position: state["pos_embed"].shape, "embedding/kernel": (4, 4, 3, dim), "embedding/bias": (dim,)}
    if "cls_token" in state:
        shapes["cls"] = (1, 1, dim)

    def norm_of(name):
        shapes.update({f"{name}/scale": (dim,), f"{name}/bias": (dim,)})

    def attention_of(name):
        for part in ("query", "key", "value"):
            shapes.update({f"{name}/{part}/kernel": (dim, *per_head), f"{name}/{part}/bias": per_head})
        shapes.update({f"{name}/out/kernel": (*per_head, dim), f"{name}/out/bias": (dim,)})

    def mlp_of(name, hidden):
        shapes.update({f"{name}/Dense_0/kernel": (dim, hidden), f"{name}/Dense_0/bias": (hidden,)})
        shapes.update({f"{name}/Dense_1/kernel": (hidden, dim), f"{name}/Dense_1/bias": (dim,)})

    for i in range(depth):
        layer = f"Transformer/encoderblock_{i}"
        norm_of(f"{layer}/LayerNorm_0")
        attention_of(f"{layer}/MultiHeadDotProductAttention_{attention}")
        norm_of(f"{layer}/LayerNorm_{second}")
        mlp_of(f"{layer}/MlpBlock_{mlp}", 2 * dim)
    norm_of("Transformer/encoder_norm")
    if "attn_pool.latent" in state:
        shapes["MAPHead_0/probe"] = (1, 1, dim)
        attention_of("MAPHead_0/MultiHeadDotProductAttention_0")
        norm_of("MAPHead_0/LayerNorm_0")
        mlp_of("MAPHead_0/MlpBlock_0", 2 * dim)
    if "head.weight" in state:
        shapes.update({"head/kernel": (dim, classes), "head/bias": (classes,)})
    return {prefix + name: shape for name, shape in shapes.items()}


def stacked(shapes):
    """The layers of big_vision's scan: one tensor for all of them."""
    first = {name: shape for name, shape in shapes.items() if "encoderblock_0/" in name}
    rest = {name: shape for name, shape in shapes.items() if "encoderblock_" not in name}
    return {**rest, **{name.replace("_0/", "/", 1): (depth, *shape) for name, shape in first.items()}}


def with_google():
    siglip = dict(num_classes=0, class_token=False, global_pool="map")
    text = {"params/txt/Embed_0/embedding": (9, dim), "params/t": (1,), "params/b": (1,)}
    for name, options, big_vision, prefix in [
        ("vit-jax", {}, False, ""),
        ("vit-jax-optimizer", {}, False, "opt/target/"),
        ("big-vision", dict(no_embed_class=True), True, "params/"),
        ("big-vision-scan", dict(no_embed_class=True), True, "params/"),
        ("big-vision-siglip", siglip, True, "params/img/"),
    ]:
        set_depth(2 if "scan" in name else 1)
        model = timm_vit(**options)
        shapes = flax(model.state_dict(), big_vision, prefix)
        if "scan" in name:
            shapes = stacked(shapes)
        more = text if "siglip" in name else {"opt/state/step": (1,)} if "optimizer" in name else {}
        tensors = {key: numbers(key, shape) for key, shape in {**shapes, **more}.items()}
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/weights.npz", **{key: value.numpy() for key, value in tensors.items()})
            model.load_pretrained(f"{folder}/weights.npz")
        add(name, "google", tensors, model.state_dict(), numHeads=heads, dropped=list(more))
    shapes = flax(timm_vit(num_classes=0).state_dict(), False)
    shapes.update({"pre_logits/kernel": (dim, 6), "pre_logits/bias": (6,), "head/kernel": (6, 3), "head/bias": (3,)})
    tensors = {key: numbers(key, shape) for key, shape in shapes.items()}
    model = timm_vit(num_classes=0)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/weights.npz", **{key: value.numpy() for key, value in tensors.items()})
        model.load_pretrained(f"{folder}/weights.npz")
    canonical = {**model.state_dict()}
    for ours, theirs in {"pre_logits.fc": "pre_logits", "head": "head"}.items():
        canonical |= {f"{ours}.weight": tensors[f"{theirs}/kernel"].T, f"{ours}.bias": tensors[f"{theirs}/bias"]}
    add("vit-jax-in21k", "google", tensors, canonical, numHeads=heads)


def with_paddlevit():
    swaps = [("cls_token", "patch_embedding.cls_token"), ("pos_embed", "patch_embedding.position_embeddings")]
    swaps += [("patch_embed.proj", "patch_embedding.patch_embedding"), ("blocks.", "encoder.layers.")]
    swaps += [("norm1", "attn_norm"), ("norm2", "mlp_norm"), ("attn.proj", "attn.out")]
    shapes = timm_vit().state_dict()
    shapes |= {"head.fc1.weight": shapes["patch_embed.proj.bias"].expand(dim, dim), "head.fc1.bias": shapes["norm.bias"]}
    shapes |= {"head.fc2.weight": shapes["head.weight"], "head.fc2.bias": shapes["head.bias"]}
    for case, last in {
        "paddlevit": [("norm.", "encoder.encoder_norm."), ("head.", "classifier.")],
        "paddlevit-two-layers": [("norm.", "encoder.norm."), ("head.fc1", "classifier.0"), ("head.fc2", "classifier.3")],
    }.items():
        tensors, canonical = {}, {}
        for ours, value in shapes.items():
            if ours.startswith("head.") and ("fc" in ours) != (case != "paddlevit"):
                continue
            exact = [(a, b) for a, b in [*swaps, *last] if ours.startswith(a) or (not a.endswith(".") and f".{a}" in ours)]
            theirs = replaced(ours, exact)
            turn = value.ndim == 2
            tensors[theirs] = numbers(theirs, value.shape[::-1] if turn else value.shape)
            canonical[ours] = tensors[theirs].T if turn else tensors[theirs]
        add(case, "paddlevit", tensors, canonical)


with_transformers()
with_open_clip()
with_torchvision()
set_depth(2)
with_timm()
set_depth(1)
with_google()
with_paddlevit()
path = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "names.json"
lines = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in cases.items()]
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"{len(cases)} cases, {path.stat().st_size} bytes")
