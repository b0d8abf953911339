"""torchvision's VisionTransformer."""

from torchvision.models import VisionTransformer

from families.torch_common import randomise
from onnx_corpus.model import Model, images
from onnx_corpus.size import size

tiny = {
    "image_size": size["image"], "patch_size": size["patch"], "num_layers": size["depth"], "num_heads": size["heads"],
    "hidden_dim": size["dim"], "mlp_dim": size["hidden"], "num_classes": size["classes"],
}  # fmt: skip


def config_of(model: VisionTransformer):
    layer = model.encoder.layers[0]
    return {
        "imageSize": model.image_size,
        "patchSize": model.patch_size,
        "inChannels": model.conv_proj.in_channels,
        "numClasses": model.heads.head.out_features,
        "embedDim": model.hidden_dim,
        "depth": len(model.encoder.layers),
        "numHeads": layer.num_heads,
        "mlpRatio": model.mlp_dim / model.hidden_dim,
        "mlp": "mlp",
        "activation": "gelu",
        "qkvBias": layer.self_attention.in_proj_bias is not None,
        "qkNorm": False,
        "layerScale": False,
        "classToken": True,
        "distillation": False,
        "regTokens": 0,
        "noEmbedClass": False,
        "preNorm": False,
        "pooling": "token",
        "layerNormEps": model.encoder.ln.eps,
        "head": "linear",
        "representationSize": model.representation_size or 0,
    }


def model_of(**options):
    def build(seed):
        model = randomise(VisionTransformer(**tiny, **options), seed)
        return Model(model, {"pixel_values": images(model.image_size)}, ["logits"], config_of(model))

    return build


sources = {
    "torchvision-vit": model_of(),
    "torchvision-vit-representation": model_of(representation_size=12),
}
