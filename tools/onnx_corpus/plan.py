"""Which source goes through which exporter, and what happens to the file afterwards."""

from dataclasses import dataclass, field

from onnx_corpus.sources import sources


@dataclass
class Export:
    source: str
    exporter: str
    opset: int
    options: dict = field(default_factory=dict)
    after: list = field(default_factory=list)

    @property
    def file(self):
        marks = [text(name, value) for name, value in self.options.items()]
        return "_".join([self.source, self.exporter, f"opset{self.opset}", *marks, *self.after]) + ".onnx"

    def described(self):
        return {"exporter": self.exporter, "opset": self.opset, "options": self.options, "after": self.after}


def text(name, value):
    if isinstance(value, bool):
        return name if value else f"no-{name}"
    return str(value)


def exports(exporter, opset, *names, after=(), **options):
    return [Export(name, exporter, opset, options, list(after)) for name in names]


quick = [
    *exports("torchscript", 13, "timm-vit-unfused", "timm-deit-distilled"),
    *exports("torchscript", 14, "timm-vit", dynamic=False),
    *exports("torchscript", 14, "torchvision-vit"),
    *exports("torchscript", 16, "hf-clip-vision"),
    *exports("torchscript", 17, "timm-vit-unfused", "timm-dinov2-registers"),
    *exports("dynamo", 18, "timm-vit"),
    *exports("dynamo", 18, "hf-siglip-vision", dynamic=False),
    *exports("dynamo", 20, "hf-vit"),
]

# Every opset that changed an operator, with both ways of attention, and open and fixed batch.
opsets = [
    *exports("torchscript", 9, "own-wzm", "timm-vit-unfused"),
    *exports("torchscript", 10, "own-wzm", dynamic=False),
    *exports("torchscript", 11, "own-wzm", "timm-vit-unfused", "hf-vit-eager"),
    *exports("torchscript", 11, "own-wzm", dynamic=False, folding=False),
    *exports("torchscript", 12, "timm-vit-unfused", "hf-deit-distilled"),
    *exports("torchscript", 13, "timm-vit-unfused", "own-wzm", "hf-vit-eager", "timm-clip-quickgelu"),
    *exports("torchscript", 13, "timm-vit-unfused", dynamic=False),
    *exports("torchscript", 13, "own-wzm", folding=False),
    *exports("torchscript", 14, "timm-vit", "hf-vit", "torchvision-vit"),
    *exports("torchscript", 14, "timm-vit", dynamic=False),
    *exports("torchscript", 16, "hf-vit", "own-wzm-representation"),
    *exports("torchscript", 17, "timm-vit", "timm-vit-unfused", "torchvision-vit", "hf-vit-eager"),
    *exports("torchscript", 18, "timm-vit", "hf-vit"),
    *exports("torchscript", 18, "hf-vit", dynamic=False, folding=False),
    *exports("torchscript", 20, "timm-vit", "own-wzm"),
    *exports("dynamo", 18, "timm-vit", "timm-vit-unfused", "torchvision-vit", "hf-vit", "own-wzm"),
    *exports("dynamo", 18, "timm-vit", dynamic=False),
    *exports("dynamo", 18, "timm-vit", "own-wzm", optimize=False),
    *exports("dynamo", 20, "timm-vit", "hf-vit"),
    *exports("dynamo", 21, "timm-vit-unfused", "hf-vit-eager"),
    *exports("dynamo", 22, "torchvision-vit"),
    *exports("dynamo", 23, "timm-vit", "hf-vit"),
    *exports("dynamo", 23, "timm-vit", dynamic=False),
]

families = [
    *exports(
        "torchscript", 14, "timm-vit-grey", "timm-vit-odd-size", "timm-vit-no-bias", "timm-vit-one-head",
        "timm-vit-avg", "timm-vit-registers", "timm-deit-distilled", "timm-deit3", "timm-dinov2", "timm-dinov2-giant",
        "timm-siglip", "torchvision-vit-representation", "hf-vit-pooler", "hf-deit-distilled", "hf-dinov2",
        "hf-clip-vision-projection", "hf-siglip-vision", "own-paddle-notes", "own-slices", "own-einsum",
        "own-patches-product", "own-stock-layers",
    ),
    *exports(
        "torchscript", 17, "timm-vit-no-head", "timm-vit-one-layer", "timm-vit-qk-norm", "timm-vit-qk-norm-unfused",
        "timm-vit-gap", "timm-deit", "timm-dinov2-registers", "timm-clip", "timm-siglip-gap", "timm-map-registers",
        "hf-vit-options", "hf-vit-hidden", "hf-deit", "hf-dinov2-classifier", "hf-clip-vision", "hf-siglip-classifier",
        "own-no-bias",
    ),
    *exports(
        "dynamo", 18, "timm-vit-qk-norm", "timm-vit-registers", "timm-dinov2-giant", "timm-clip-quickgelu",
        "timm-siglip", "timm-map-registers", "hf-deit-distilled", "hf-dinov2-classifier", "hf-dinov2-registers",
        "hf-clip-vision", "hf-siglip-vision", "own-paddle-notes", "own-einsum", "own-patches-product",
    ),
    *exports("dynamo", 18, "hf-dinov2-registers", "hf-dinov2", dynamic=False),
    *exports("dynamo", 20, "timm-dinov2-registers", "hf-siglip-classifier", "timm-deit-distilled", "own-slices"),
    *exports(
        "torchscript", 17, "timm-vit-patches-only", "timm-vit-own-positions", "timm-vit-registers-class",
        "timm-vit-registers-positions", "timm-vit-layer-scale", "timm-vit-token-avg-norm", "timm-vit-silu", "timm-vit-swiglu-of-two",
        "timm-vit-wide-heads", "timm-vit-resizable", "hf-vit-attentions", "hf-vit-hidden-states", "hf-vit-interpolated",
        "own-probabilities",
    ),
    *exports(
        "dynamo", 18, "timm-vit-own-positions", "timm-vit-registers-positions", "timm-vit-resizable",
        "hf-vit-attentions", "hf-vit-hidden-states", "hf-vit-interpolated",
    ),
    *exports("dynamo", 23, "timm-dinov2-registers", "hf-clip-vision-projection", "timm-vit-qk-norm"),
]  # fmt: skip

changed = [
    export
    for after in ["fused", "fused-bert", "fused-fastgelu", "fused-mha", "runtime-basic", "runtime-extended", "int8-static", "int4",
                  "simplified", "slimmed", "fp16", "fp16-io", "int8", "anonymous", "upgraded21", "external"]
    for export in exports("torchscript", 13, "timm-vit-unfused", after=[after])
] + [
    *exports("torchscript", 17, "hf-vit-eager", after=["fused"]),
    *exports("torchscript", 14, "hf-clip-vision-projection", after=["fused-clip"]),
    *exports("torchscript", 17, "timm-dinov2-registers", after=["runtime-extended"]),
    *exports("torchscript", 14, "torchvision-vit", after=["simplified"]),
    *exports("dynamo", 18, "timm-vit", after=["runtime-extended"]),
    *exports("dynamo", 18, "timm-vit", after=["anonymous"]),
    *exports("dynamo", 20, "hf-siglip-vision", after=["anonymous"]),
    *exports("dynamo", 18, "hf-vit", after=["fp16"]),
    *exports("torchscript", 17, "hf-vit", after=["int8"]),
    *exports("dynamo", 18, "hf-vit-eager", after=["fused"]),
]  # fmt: skip

others = [
    *exports("vitrine", 13, "timm-vit"),
    *exports("vitrine", 17, "timm-vit", batch="1"),
    *exports("vitrine", 20, "timm-deit-distilled", "timm-dinov2-registers", "timm-dinov2-giant", "hf-siglip-vision"),
    *exports("vitrine", 17, "hf-clip-vision-projection", "timm-vit-qk-norm", "timm-map-registers"),
    *exports("optimum", 14, "hf-vit", "hf-deit", "hf-dinov2-classifier", task="image-classification"),
    *exports("optimum", 18, "hf-vit", "hf-dinov2-registers", task="image-classification"),
    *exports("optimum", 18, "hf-vit-pooler", "hf-dinov2", "hf-clip-vision", "hf-siglip-vision", task="feature-extraction"),
    *exports("paddle", 11, "own-paddle-notes"),
    *exports("paddle", 17, "own-paddle-notes"),
    *exports("paddle", 13, "own-paddle-notes", dynamic=False),
    *exports("flax", 17, "own-separate-tanh"),
    *exports("flax", 18, "own-separate-tanh", dynamic=False),
    *exports("flax", 23, "own-separate-tanh"),
    *exports("keras", 13, "own-separate-tanh"),
    *exports("keras", 17, "own-separate-tanh", dynamic=False),
]

negatives = [name for name in sources if name.startswith(("not-", "unusual-"))]
foreign = [
    *exports("torchscript", 17, *[name for name in negatives if name not in ("not-gpt2", "not-llama", "unusual-rope", "unusual-rms-norm")]),
    *exports("dynamo", 18, "not-convnext", "not-bert", "not-swin", "not-gpt2", "not-llama", "unusual-rms-norm", "unusual-convolution", "unusual-beit",
             "unusual-fourier", "unusual-rope", "not-mobilevit", "unusual-cait", "unusual-relative-positions",
             "unusual-yolos", "unusual-video", "not-segformer", "not-levit", "not-xcit"),
    *exports("torchscript", 13, "not-convnext", "not-bert", "not-swin", "unusual-mixer", "unusual-linear-attention"),
]  # fmt: skip

large = [
    *exports("torchscript", 13, "timm-vit-b16-unfused"),
    *exports("torchscript", 17, "timm-vit-ti16"),
    *exports("dynamo", 18, "timm-vit-b16"),
]

plan = [*opsets, *families, *changed, *others, *foreign, *large]

# Together all forms of the parts, in few and small files.
fixtures = [
    *exports("torchscript", 11, "timm-deit-distilled", dynamic=False, folding=False),
    *exports("torchscript", 13, "own-wzm-representation"),
    *exports("torchscript", 14, "hf-vit", "hf-clip-vision-projection", dynamic=False),
    *exports("torchscript", 17, "timm-dinov2-giant"),
    *exports("dynamo", 18, "hf-siglip-vision", "timm-dinov2-registers", after=["stripped"]),
    *exports("dynamo", 20, "torchvision-vit", "unusual-mixer", after=["stripped"]),
    *exports("dynamo", 23, "timm-vit-qk-norm", after=["stripped"]),
    *exports("torchscript", 13, "timm-vit-unfused", after=["fused"]),
    *exports("torchscript", 17, "hf-vit-eager", dynamic=False, after=["fp16"]),
]
