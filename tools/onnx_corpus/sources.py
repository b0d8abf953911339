from onnx_corpus import negatives, own_models, timm_models, torchvision_models, transformers_models

# Name of a source: what builds it from a seed.
sources = {
    **timm_models.sources,
    **torchvision_models.sources,
    **transformers_models.sources,
    **own_models.sources,
    **negatives.sources,
}
