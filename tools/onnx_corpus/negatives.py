"""What is no Vision Transformer, or none that our config describes: it must not be taken for one."""

import timm
import torch
import torchvision
import transformers
from timm.models.convmixer import ConvMixer
from timm.models.convnext import ConvNeXt
from timm.models.focalnet import FocalNet
from timm.models.metaformer import MetaFormer
from timm.models.mlp_mixer import Affine, GatedMlp, MlpMixer, ResBlock, SpatialGatingBlock
from timm.models.resnet import BasicBlock, ResNet
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import ParallelScalingBlock
from torch import nn

from families.torch_common import randomise
from onnx_corpus import own_models
from onnx_corpus.model import UNUSUAL, Model, Pick, images
from onnx_corpus.size import size
from onnx_corpus.timm_models import tiny
from onnx_corpus.transformers_models import plain, text

CNN = {"kinds": ["cnn"]}
TEXT = {"kinds": ["transformer", "other"]}
NEITHER = {"kinds": ["transformer", "other", "hybrid", "swin"]}


NO_VIT = {"kinds": ["other", "hybrid", "transformer", "cnn", "mixer"]}


def picture_model(make, verdict, image=64, seeded=True, other_attention=False):
    def build(seed):
        torch.manual_seed(seed)
        model = make().eval()
        if seeded:
            model = randomise(model, seed)
        inputs = {"pixel_values": images(image)}
        return Model(model, inputs, ["output"], verdict=verdict, other_attention=other_attention)

    return build


def text_model(model_class, config, outputs, attention="sdpa", verdict=TEXT):
    def build(seed):
        torch.manual_seed(seed)
        model = model_class._from_config(config, attn_implementation=attention).eval()
        ids = torch.arange(12).reshape(1, 12) % config.vocab_size
        picked = Pick(model, outputs, "input_ids", **({"use_cache": False} if model_class.__name__.endswith(("LMHeadModel", "ForCausalLM")) else {}))
        return Model(picked, {"input_ids": ids}, outputs, verdict=verdict)

    return build


class Between(nn.Module):
    """A ViT with something else between its layers."""

    def __init__(self, foreign):
        super().__init__()
        self.vit = own_models.ViT()
        blocks = list(self.vit.blocks)
        self.vit.blocks = nn.Sequential(blocks[0], foreign, *blocks[1:])

    def forward(self, pixels):
        return self.vit(pixels)


class ConvolutionBlock(nn.Module):
    """Tokens back on their grid, and a convolution over them."""

    def __init__(self, dim, side):
        super().__init__()
        self.side = side
        self.norm, self.conv = nn.LayerNorm(dim), nn.Conv2d(dim, dim, 3, padding=1, groups=dim)

    def forward(self, x):
        batch, _, dim = x.shape
        patches = self.norm(x)[:, 1:].transpose(1, 2).reshape(batch, dim, self.side, self.side)
        mixed = self.conv(patches).flatten(2).transpose(1, 2)
        return x + torch.cat([torch.zeros_like(x[:, :1]), mixed], dim=1)


class FourierBlock(nn.Module):
    """FNet's mixing (Lee-Thorp et al., 2021), with the transform as products: real part of F x G."""

    def __init__(self, dim, tokens):
        super().__init__()
        for name, n in {"tokens": tokens, "features": dim}.items():
            matrix = torch.fft.fft(torch.eye(n)) / n**0.5
            self.register_buffer(f"{name}_real", matrix.real.contiguous())
            self.register_buffer(f"{name}_imaginary", matrix.imag.contiguous())
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        y = self.norm(x)
        real = self.tokens_real @ y @ self.features_real
        return x + real - self.tokens_imaginary @ y @ self.features_imaginary


class MixerBlock(nn.Module):
    """Mixes tokens by an MLP over them (Tolstikhin et al., 2021)."""

    def __init__(self, dim, tokens):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(tokens, 32), nn.GELU(), nn.Linear(32, tokens))

    def forward(self, x):
        return x + self.mlp(self.norm(x).transpose(1, 2)).transpose(1, 2)


class LinearAttentionBlock(nn.Module):
    """Attention without softmax over scores (Katharopoulos et al., 2020)."""

    def __init__(self, dim):
        super().__init__()
        self.norm, self.qkv, self.proj = nn.LayerNorm(dim), nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        q, k = torch.relu(q) + 0.1, torch.relu(k) + 0.1
        mixed = q @ (k.transpose(1, 2) @ v)
        return x + self.proj(mixed / (q @ k.sum(dim=1).unsqueeze(-1)))


class Overlapping(nn.Module):
    """A ViT whose patches overlap."""

    def __init__(self):
        super().__init__()
        self.vit = own_models.ViT()
        self.vit.patch_embed.proj = nn.Conv2d(3, size["dim"], 12, 8, padding=2)

    def forward(self, pixels):
        return self.vit(pixels)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(12, 16, batch_first=True), nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(3072, 16), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, 5))

    def forward(self, pixels):
        return self.layers(pixels)


def clip_towers(seed):
    """Pictures and texts at once, as Optimum exports CLIP."""
    config = transformers.CLIPConfig(
        vision_config={**plain, "projection_dim": 7}, text_config=text, projection_dim=7
    )
    model = randomise(transformers.CLIPModel._from_config(config, attn_implementation="eager"), seed)

    class Towers(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, pixel_values):
            result = self.model(input_ids=input_ids, pixel_values=pixel_values)
            return result.logits_per_image, result.image_embeds, result.text_embeds

    ids = torch.tensor([[0, 3, 4, 5, 1]])
    inputs = {"input_ids": ids, "pixel_values": images(size["image"])}
    return Model(Towers(), inputs, ["logits_per_image", "image_embeds", "text_embeds"], verdict=UNUSUAL)


def recurrent(seed):
    torch.manual_seed(seed)
    inputs = {"sequence": torch.sin(torch.arange(120.0)).reshape(1, 10, 12)}
    return Model(Recurrent().eval(), inputs, ["output"], verdict={"kinds": ["other", "rnn"]})


def vit_of(image=size["image"], **options):
    return picture_model(lambda: timm.create_model(**{**tiny, **options}), UNUSUAL, image)


def beit(seed):
    config = transformers.BeitConfig(
        **plain, num_labels=7, use_relative_position_bias=True, use_absolute_position_embeddings=True, out_indices=[1]
    )
    model = randomise(transformers.BeitForImageClassification(config), seed)
    return Model(Pick(model, ["logits"]), {"pixel_values": images(size["image"])}, ["logits"], verdict=UNUSUAL)


def mixer_of(block, **options):
    sizes = {"num_classes": 5, "img_size": 32, "patch_size": 8, "num_blocks": 2, "embed_dim": 48, "mlp_ratio": 4}
    return MlpMixer(**sizes, block_layer=block, **options)


def transformers_model(model_class, config, outputs, inputs, verdict, **options):
    def build(seed):
        model = randomise(model_class._from_config(config, **options), seed)
        ((name, values),) = inputs.items()
        return Model(Pick(model, outputs, name), inputs, outputs, verdict=verdict)

    return build


def timm_model(architecture, verdict=NO_VIT, image=64, other_attention=False, **options):
    # Not all start with a head that says something.
    def make():
        model = timm.create_model(architecture, num_classes=5, **options)
        for parameter in model.parameters():
            if not parameter.any():
                nn.init.normal_(parameter, std=0.1)
        return model

    return picture_model(make, verdict, image, seeded=False, other_attention=other_attention)


dim, side = size["dim"], size["image"] // size["patch"]
tokens = side * side + 1
bert = transformers.BertConfig(
    vocab_size=99, hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=96,
    max_position_embeddings=16,
)  # fmt: skip
gpt2 = transformers.GPT2Config(vocab_size=99, n_embd=48, n_layer=2, n_head=3, n_positions=16)

sources = {
    "not-resnet18": picture_model(lambda: torchvision.models.resnet18(), CNN, seeded=False),
    "not-resnet": picture_model(
        lambda: ResNet(BasicBlock, [1, 1, 1, 1], channels=(8, 16, 24, 32), stem_width=8, num_classes=5), CNN,
        seeded=False,
    ),
    # It has LayerNorms, GELUs and products, but no attention.
    "not-convnext": picture_model(
        lambda: ConvNeXt(depths=(1, 1, 1, 1), dims=(8, 16, 24, 32), num_classes=5, ls_init_value=1.0), CNN
    ),
    "not-mobilenet": picture_model(
        lambda: torchvision.models.mobilenet_v2(width_mult=0.25, num_classes=5), CNN, seeded=False
    ),
    "not-mixer": picture_model(
        lambda: MlpMixer(num_classes=5, img_size=32, patch_size=8, num_blocks=2, embed_dim=48),
        {"kinds": ["other", "mixer"]}, 32,
    ),
    "not-perceptron": picture_model(Perceptron, {"kinds": ["other", "mlp"]}, 32),
    "not-lstm": recurrent,
    "not-bert": text_model(transformers.BertModel, bert, ["last_hidden_state", "pooler_output"], "eager"),
    "not-bert-sdpa": text_model(transformers.BertForSequenceClassification, bert, ["logits"]),
    "not-gpt2": text_model(transformers.GPT2LMHeadModel, gpt2, ["logits"]),
    "not-swin": picture_model(
        lambda: SwinTransformer(
            img_size=64, patch_size=4, num_classes=5, embed_dim=24, depths=(2, 2), num_heads=(2, 4), window_size=4
        ),
        NEITHER,
    ),
    "not-mobilevit": picture_model(
        lambda: timm.create_model("mobilevit_xxs", num_classes=5), {"kinds": ["other", "cnn", "hybrid"]}, seeded=False
    ),
    "not-clip-towers": clip_towers,
    "unusual-hybrid": vit_of(64, model_name="vit_tiny_r_s16_p8_224", img_size=64, num_classes=7),
    "unusual-convolution": picture_model(lambda: Between(ConvolutionBlock(dim, side)), UNUSUAL, size["image"]),
    "unusual-fourier": picture_model(lambda: Between(FourierBlock(dim, tokens)), UNUSUAL, size["image"]),
    "unusual-mixer": picture_model(lambda: Between(MixerBlock(dim, tokens)), UNUSUAL, size["image"]),
    "unusual-linear-attention": picture_model(lambda: Between(LinearAttentionBlock(dim)), UNUSUAL, size["image"]),
    "unusual-parallel": vit_of(model_name="vit_tiny_patch16_224", block_fn=ParallelScalingBlock),
    "unusual-post-norm": picture_model(lambda: own_models.StockLayers(norm_first=False), UNUSUAL, size["image"]),
    "unusual-overlapping": picture_model(Overlapping, UNUSUAL, size["image"]),
    "unusual-beit": beit,
    "unusual-rope": picture_model(
        lambda: timm.create_model(
            "eva02_tiny_patch14_224", img_size=28, patch_size=7, embed_dim=48, depth=2, num_heads=3, num_classes=7
        ),
        UNUSUAL, 28,
    ),
}

small = {"embed_dim": 48, "depth": 2}
sources |= {
    # Attention over features in place of tokens.
    "not-xcit": timm_model("xcit_nano_12_p16_224", other_attention=True, img_size=64, num_heads=3, **small),
    "not-convmixer": picture_model(lambda: ConvMixer(dim=32, depth=2, num_classes=5), CNN, seeded=False),
    "not-gmlp": picture_model(lambda: mixer_of(SpatialGatingBlock, mlp_layer=GatedMlp), NO_VIT, 32),
    "not-resmlp": picture_model(lambda: mixer_of(ResBlock, norm_layer=Affine), NO_VIT, 32),
    "not-hiera": timm_model("hiera_tiny_224", img_size=(64, 64), embed_dim=24, num_heads=1, stages=(1, 1, 1, 1)),
    "not-poolformer": picture_model(
        lambda: MetaFormer(depths=(1, 1, 1, 1), dims=(8, 16, 24, 32), num_classes=5), {"kinds": ["cnn", "other"]}
    ),
    "not-pvt": timm_model("pvt_v2_b0", depths=(1, 1, 1, 1), embed_dims=(8, 16, 40, 64)),
    "not-swin-v2": timm_model(
        "swinv2_tiny_window8_256", NEITHER, other_attention=True, img_size=64, embed_dim=24, depths=(2, 2),
        num_heads=(2, 4), window_size=4,
    ),
    "not-levit": timm_model("levit_128s", img_size=64, embed_dim=(32, 48, 64), depth=(1, 1, 1), num_heads=(2, 3, 4)),
    "not-pit": timm_model("pit_ti_224", img_size=64, base_dims=(16, 16, 16), depth=(1, 1, 1)),
    "not-twins": timm_model("twins_svt_small", img_size=64, embed_dims=(16, 32, 64, 64), depths=(1, 2, 1, 1)),
    "not-visformer": timm_model("visformer_tiny", img_size=64, init_channels=8, embed_dim=48, depth=(1, 1, 1)),
    "not-focalnet": picture_model(
        lambda: FocalNet(embed_dim=16, depths=(1, 1, 1, 1), num_classes=5), {"kinds": ["cnn", "other", "hybrid"]}
    ),
    "not-mobilenetv3": timm_model("mobilenetv3_small_050", CNN),
    "not-densenet": timm_model("densenet121", CNN, growth_rate=4, block_config=(2, 2, 2, 2)),
    "not-edgenext": timm_model("edgenext_xx_small", other_attention=True, dims=(8, 16, 24, 32), depths=(1, 1, 2, 1)),
    "not-davit": timm_model("davit_tiny", NEITHER, embed_dims=(16, 32, 48, 64), num_heads=(1, 2, 3, 4), depths=(1, 1, 1, 1)),
    # Heads mix their scores, and in two layers more the class token alone asks.
    "unusual-cait": timm_model("cait_xxs24_224", UNUSUAL, other_attention=True, img_size=64, num_heads=3, **small),
    "unusual-relative-positions": timm_model("vit_relpos_small_patch16_224", UNUSUAL, img_size=64, num_heads=3, **small),
    "unusual-windows": timm_model("samvit_base_patch16", UNUSUAL, img_size=64, num_heads=3, **small),
    "unusual-parallel-pairs": timm_model("vit_small_patch16_18x2_224", UNUSUAL, img_size=64, num_heads=3, **small),
    "unusual-no-positions": vit_of(model_name="vit_tiny_patch16_224", pos_embed="none"),
    "unusual-relu": vit_of(model_name="vit_tiny_patch16_224", act_layer="relu"),
    "unusual-rms-norm": vit_of(model_name="vit_tiny_patch16_224", norm_layer="rmsnorm"),
    "unusual-max-pooling": vit_of(model_name="vit_tiny_patch16_224", global_pool="max"),
    "unusual-rectangle": picture_model(
        lambda: timm.create_model("vit_tiny_patch16_224", **{**tiny, "img_size": (32, 64)}), UNUSUAL, (32, 64)
    ),
    "not-segformer": transformers_model(
        transformers.SegformerForImageClassification,
        transformers.SegformerConfig(
            num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[16, 32], patch_sizes=[7, 3],
            strides=[4, 2], num_attention_heads=[1, 2], mlp_ratios=[2, 2], decoder_hidden_size=16,
        ),
        ["logits"], {"pixel_values": images(64)}, NO_VIT,
    ),
    "unusual-yolos": transformers_model(
        transformers.YolosForObjectDetection,
        transformers.YolosConfig(
            **{**plain, "image_size": [32, 32]}, num_detection_tokens=4, num_labels=5, use_mid_position_embeddings=False
        ),
        ["logits", "pred_boxes"], {"pixel_values": images(32)}, UNUSUAL,
    ),
    # A spectrogram in overlapping patches, and two tokens of which the mean counts.
    "unusual-spectrogram": transformers_model(
        transformers.ASTForAudioClassification,
        transformers.ASTConfig(
            hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=96, max_length=32,
            num_mel_bins=32, num_labels=5,
        ),
        ["logits"], {"input_values": images(32)[:, 0]}, UNUSUAL,
    ),
    "unusual-video": transformers_model(
        transformers.VideoMAEForVideoClassification,
        transformers.VideoMAEConfig(**plain, num_frames=4, num_labels=5),
        ["logits"], {"pixel_values": images(32).unsqueeze(1).repeat(1, 4, 1, 1, 1)}, UNUSUAL,
    ),
    "not-whisper-encoder": transformers_model(
        transformers.models.whisper.modeling_whisper.WhisperEncoder,
        transformers.WhisperConfig(
            d_model=48, encoder_layers=2, encoder_attention_heads=3, encoder_ffn_dim=96, num_mel_bins=16,
            max_source_positions=20,
        ),
        ["last_hidden_state"], {"input_features": images(40)[:, 0, :16].contiguous()},
        {"kinds": ["transformer", "other", "hybrid"]},
    ),
    "not-distilbert": text_model(
        transformers.DistilBertForSequenceClassification,
        transformers.DistilBertConfig(vocab_size=99, dim=48, n_layers=2, n_heads=3, hidden_dim=96, max_position_embeddings=16),
        ["logits"], "eager",
    ),
    "not-albert": text_model(
        transformers.AlbertModel,
        transformers.AlbertConfig(
            vocab_size=99, embedding_size=16, hidden_size=48, num_hidden_layers=2, num_attention_heads=3,
            intermediate_size=96, max_position_embeddings=16,
        ),
        ["last_hidden_state"], "eager",
    ),
    "not-llama": text_model(
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig(
            vocab_size=99, hidden_size=48, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=3,
            intermediate_size=96, max_position_embeddings=16,
        ),
        ["logits"], "eager",
    ),
}  # fmt: skip
