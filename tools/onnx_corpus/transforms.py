"""What is done to a file after its export: as users meet them, and to prove that names and order do not matter."""

import pathlib
import random

import numpy as np
import onnx
import onnxruntime
from onnx import helper


def fused(model_type="vit", **options):
    """onnxruntime's optimizer for transformers: Attention, SkipLayerNormalization, BiasGelu and so on."""

    def apply(file, config):
        from onnxruntime.transformers.fusion_options import FusionOptions
        from onnxruntime.transformers.optimizer import optimize_model

        choices = FusionOptions(model_type)
        for name, value in options.items():
            setattr(choices, name, value)
        model = optimize_model(
            file, model_type=model_type, num_heads=config["numHeads"], hidden_size=config["embedDim"], opt_level=0,
            optimization_options=choices,
        )
        model.save_model_to_file(file)

    return apply


def by_runtime(level):
    """As a session saves its graph after its own optimisations."""

    def apply(file, _config):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        options.optimized_model_filepath = f"{file}.tmp"
        options.log_severity_level = 4
        onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        pathlib.Path(f"{file}.tmp").rename(file)

    return apply


def simplified(file, _config):
    import onnxsim

    model, checked = onnxsim.simplify(onnx.load(file))
    if not checked:
        raise ValueError("onnxsim changed the outputs")
    onnx.save(model, file)


def slimmed(file, _config):
    import onnxslim

    onnx.save(onnxslim.slim(onnx.load(file)), file)


def half(keep_io_types):
    """float16 throughout; inputs and outputs stay float32 where `keep_io_types`."""

    def apply(file, _config):
        from onnxruntime.transformers.float16 import convert_float_to_float16

        onnx.save(convert_float_to_float16(onnx.load(file), keep_io_types=keep_io_types), file)

    return apply


def quantized(file, _config):
    """Products in 8 bits, scales computed while running."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(file, file, weight_type=QuantType.QUInt8)


def quantized_statically(file, _config):
    """All in 8 bits, with QuantizeLinear and DequantizeLinear around each operator, scales from one picture."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.feeds = iter([{"pixel_values": np.random.default_rng(0).standard_normal((1, 3, 32, 32), np.float32)}])

        def get_next(self):
            return next(self.feeds, None)

    quant_pre_process(file, file, skip_symbolic_shape=True)
    quantize_static(file, file, Reader(), quant_format=QuantFormat.QDQ)


def quantized_to_4_bits(file, _config):
    """Weights of products in 4 bits, by blocks."""
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(onnx.load(file), bits=4, block_size=16, is_symmetric=True)
    quantizer.process()
    quantizer.model.save_model_to_file(file)


def anonymous(file, _config):
    """Without a name that says anything, without shapes on the way, in another order, weights as Constant nodes."""
    model = onnx.load(file)
    graph = model.graph
    kept = {value.name for value in [*graph.input, *graph.output]} | {""}
    names = {}

    def name_of(old):
        return old if old in kept else names.setdefault(old, f"v{len(names)}")

    constants = [helper.make_node("Constant", [], [name_of(it.name)], value=it) for it in graph.initializer]
    for node in constants:
        node.attribute[0].t.name = ""
    for node in graph.node:
        node.name = node.doc_string = ""
        del node.metadata_props[:]
        node.input[:] = [name_of(name) for name in node.input]
        node.output[:] = [name_of(name) for name in node.output]
    ordered = shuffled([*constants, *graph.node], {value.name for value in graph.input})
    del graph.node[:], graph.initializer[:], graph.value_info[:], graph.metadata_props[:]
    graph.node.extend(ordered)
    onnx.checker.check_model(model)
    onnx.save(model, file)


def shuffled(nodes, known):
    """The nodes in a random order that still has values before their use."""
    chooser = random.Random(0)
    waiting, ordered, known = list(nodes), [], {*known, ""}
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.input)]
        node = chooser.choice(ready)
        waiting = [other for other in waiting if other is not node]
        ordered.append(node)
        known.update(node.output)
    return ordered


def stripped(file, _config):
    """Without the stack traces that the newer exporter leaves at each node: most of a tiny file."""
    model = onnx.load(file)
    for node in model.graph.node:
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    onnx.save(model, file)


def upgraded(opset):
    def apply(file, _config):
        onnx.save(onnx.version_converter.convert_version(onnx.load(file), opset), file)

    return apply


def external(file, _config):
    """Weights in a file beside it."""
    data = pathlib.Path(f"{file}.data")
    data.unlink(missing_ok=True)
    onnx.save(onnx.load(file), file, save_as_external_data=True, location=data.name, size_threshold=0)


# By the mark in the file's name; each changes the file in place.
transforms = {
    "fused": fused(),
    "fused-bert": fused("bert"),
    "fused-clip": fused("clip"),
    "fused-fastgelu": fused(enable_gelu_approximation=True),
    "fused-mha": fused("bert", use_multi_head_attention=True),
    "runtime-basic": by_runtime("ORT_ENABLE_BASIC"),
    "runtime-extended": by_runtime("ORT_ENABLE_EXTENDED"),
    "simplified": simplified,
    "slimmed": slimmed,
    "fp16": half(keep_io_types=True),
    "fp16-io": half(keep_io_types=False),
    "int8": quantized,
    "int8-static": quantized_statically,
    "int4": quantized_to_4_bits,
    "anonymous": anonymous,
    "upgraded21": upgraded(21),
    "external": external,
    "stripped": stripped,
}

# What a transform itself changes, relative to the largest output; others 1e-4.
tolerances = {"fp16": 0.05, "fp16-io": 0.05, "int8": 0.5, "int8-static": 1, "int4": 1, "fused-fastgelu": 0.05}


def truth_after(transforms, truth):
    """What is true once these are done: only an approximation changes it."""
    if "fused-fastgelu" not in transforms:
        return truth
    gelu = {"none": 0, "tanh": truth["counts"]["gelu"]["none"], "quick": 0}
    return {
        **truth, "counts": {**truth["counts"], "gelu": gelu}, "config": {**truth["config"], "activation": "geluTanh"},
    }  # fmt: skip
