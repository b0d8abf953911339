"""Which source goes through which exporter."""

from dataclasses import dataclass, field


@dataclass
class Export:
    source: str
    exporter: str
    opset: int
    options: dict = field(default_factory=dict)

    @property
    def file(self):
        marks = [name if value is True else f"no-{name}" for name, value in self.options.items()]
        return "_".join([self.source, self.exporter, f"opset{self.opset}", *marks]) + ".onnx"

    def described(self):
        return {"exporter": self.exporter, "opset": self.opset, "options": self.options}


STATIC = {"dynamic": False}

quick = [
    Export("timm-vit-unfused", "torchscript", 13),
    Export("timm-vit-unfused", "torchscript", 17),
    Export("timm-vit", "dynamo", 18),
    Export("timm-vit", "torchscript", 14, STATIC),
    Export("torchvision-vit", "torchscript", 14),
    Export("hf-vit", "dynamo", 20),
    Export("hf-dinov2-registers", "torchscript", 17),
    Export("timm-deit-distilled", "torchscript", 13),
    Export("hf-clip-vision", "torchscript", 16),
    Export("hf-siglip-vision", "dynamo", 18, STATIC),
]
plan = quick
