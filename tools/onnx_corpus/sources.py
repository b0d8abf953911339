from onnx_corpus import timm_models, torchvision_models, transformers_models

# Name of a source: what builds it from a seed.
sources = {**timm_models.sources, **torchvision_models.sources, **transformers_models.sources}
