"""Writes test/fixtures/operator-shapes.json: the shapes that operators give, by onnx's and ONNX Runtime's own account.

For operators of the default domain: up to three of the nodes that the installed onnx
package tests itself with, each with its attributes, the types of its inputs, the integers among them that decide about
shapes, and the types of what the package's reference gives. For com.microsoft: nodes of our own, run by ONNX Runtime.
Needs numpy, onnx and onnxruntime.
"""

import json
import pathlib
import re
import warnings

import numpy as np
import onnx
import onnx.backend.test.case.node as node_cases
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

warnings.simplefilter("ignore")
root = pathlib.Path(__file__).parent.parent
operators = {op for file in (root / "src" / "onnx" / "ops").glob("*.ts") for op in re.findall(r"[A-Z]\w+", file.read_text())}
kinds = {1: "float", 2: "int", 3: "string", 6: "floats", 7: "ints"}
dtypes = {"int64", "int32", "int8", "uint8", "float32", "float64", "float16", "bool"}


def type_of(array):
    return [str(array.dtype), list(array.shape)]


def attributes_of(node):
    result = {}
    for attribute in node.attribute:
        if attribute.type not in kinds:
            return None
        value = helper.get_attribute_value(attribute)
        result[attribute.name] = [kinds[attribute.type], value.decode() if isinstance(value, bytes) else value]
    return result


def entry(node, opset, inputs, outputs):
    """One case; None where it has what the fixture cannot hold."""
    attributes = attributes_of(node)
    arrays = [None if x is None else np.asarray(x) for x in [*inputs, *outputs]]
    if attributes is None or any(x is not None and str(x.dtype) not in dtypes for x in arrays):
        return None
    given = [
        x
        if x is None
        else [*type_of(x), x.ravel().tolist()]
        if x.ndim < 2 and x.size <= 8 and x.dtype in (np.int64, np.float32, np.int32) and np.isfinite(x).all()
        else type_of(x)
        for x in arrays[: len(inputs)]
    ]
    return {
        "op": node.op_type,
        **({"domain": node.domain} if node.domain else {}),
        "opset": opset,
        "attributes": attributes,
        "inputs": given,
        "outputs": [None if x is None else type_of(x) for x in arrays[len(inputs) :]],
    }


def of_the_default_domain():
    found = {}
    for case in node_cases.collect_testcases(None):
        if case.model is None or not case.data_sets or len(case.model.graph.node) != 1:
            continue
        node = case.model.graph.node[0]
        opset = case.model.opset_import[0].version
        inputs, outputs = case.data_sets[0]
        if node.op_type not in operators or len(found.setdefault(node.op_type, [])) >= 3 or isinstance(inputs, dict):
            continue
        by_name = dict(zip([x.name for x in case.model.graph.input], inputs))
        results = dict(zip([x.name for x in case.model.graph.output], outputs))
        if any(isinstance(x, (list, onnx.TensorProto)) for x in [*inputs, *outputs]):
            continue
        made = entry(node, opset, [by_name.get(x) for x in node.input], [results.get(x) for x in node.output])
        if made and made not in found[node.op_type]:
            found[node.op_type].append(made)
    return [case for cases in found.values() for case in cases]


def of_the_runtime():
    f = lambda *shape: np.ones(shape, np.float32)
    i = lambda *shape: np.ones(shape, np.int32)
    b = lambda *shape: np.ones(shape, np.uint8)
    s = np.float32(0.1)
    z = np.uint8(3)
    nodes = [
        ("Attention", [f(2, 5, 8), f(8, 24), f(24)], 1, {"num_heads": 2}),
        ("Attention", [f(2, 5, 8), f(8, 20), f(20)], 1, {"num_heads": 2, "qkv_hidden_sizes": [8, 8, 4]}),
        ("QAttention", [b(2, 5, 8), b(8, 24), f(24), s, s, None, z, z], 1, {"num_heads": 2}),
        ("MultiHeadAttention", [f(2, 5, 8), f(2, 7, 8), f(2, 7, 12)], 1, {"num_heads": 2}),
        ("MultiHeadAttention", [f(2, 5, 2, 3, 4)], 1, {"num_heads": 2}),
        ("MultiHeadAttention", [f(2, 5, 8), f(2, 7, 2, 2, 4)], 1, {"num_heads": 2}),
        ("MultiHeadAttention", [f(2, 5, 8), f(2, 2, 7, 4), f(2, 2, 7, 4)], 1, {"num_heads": 2}),
        ("SkipLayerNormalization", [f(2, 5, 8), f(2, 5, 8), f(8), f(8)], 4, {"epsilon": 1e-5}),
        ("SkipSimplifiedLayerNormalization", [f(2, 5, 8), f(2, 5, 8), f(8)], 4, {"epsilon": 1e-5}),
        ("EmbedLayerNormalization", [i(2, 5), None, f(9, 8), f(6, 8), None, f(8), f(8)], 2, {}),
        ("FusedMatMul", [f(2, 5, 8), f(6, 8)], 1, {"transB": 1, "alpha": 0.5}),
        ("FusedMatMul", [f(2, 8, 5), f(2, 8, 6)], 1, {"transA": 1}),
        ("FusedGemm", [f(5, 8), f(6, 8), f(6)], 1, {"transB": 1, "activation": "Relu"}),
        ("FusedConv", [f(1, 3, 8, 8), f(4, 3, 3, 3), f(4)], 1, {"strides": [2, 2], "activation": "Relu"}),
        ("BiasGelu", [f(2, 5, 8), f(8)], 1, {}),
        ("FastGelu", [f(2, 5, 8), f(8)], 1, {}),
        ("Gelu", [f(2, 5)], 1, {}),
        ("QuickGelu", [f(2, 5)], 1, {"alpha": 1.702}),
        ("MatMulNBits", [f(2, 5, 32), b(6, 1, 16), f(6)], 1, {"K": 32, "N": 6, "bits": 4, "block_size": 32}),
        ("DynamicQuantizeMatMul", [f(2, 5, 8), b(8, 6), f(1), b(1)], 1, {}),
        ("MatMulIntegerToFloat", [b(2, 5, 8), b(8, 6), f(1), f(1), b(1), b(1), f(6)], 1, {}),
        ("QLinearAdd", [b(2, 5, 8), s, z, b(5, 8), s, z, s, z], 1, {}),
        ("QLinearMul", [b(2, 5, 8), s, z, b(8), s, z, s, z], 1, {}),
        ("QLinearSigmoid", [b(2, 5), s, z, s, z], 1, {}),
        ("QuantizeLinear", [f(2, 5), s, z], 1, {}),
        ("DequantizeLinear", [b(2, 5), s, z], 1, {}),
        ("RotaryEmbedding", [f(2, 5, 8), np.arange(5, dtype=np.int64)[None].repeat(2, 0), f(6, 2), f(6, 2)], 1, {"num_heads": 2}),
        ("GroupQueryAttention", [f(2, 1, 16), f(2, 1, 8), f(2, 1, 8), f(2, 1, 4, 8), f(2, 1, 4, 8), i(2, 1) * 4, np.int32(5)], 3, {"num_heads": 2, "kv_num_heads": 1}),
    ]
    made = []
    for op, inputs, count, attributes in nodes:
        names = ["" if x is None else f"x{k}" for k, x in enumerate(inputs)]
        node = helper.make_node(op, names, [f"y{k}" for k in range(count)], domain="com.microsoft", **attributes)
        given = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype), np.asarray(x).shape)
            for n, x in zip(names, inputs)
            if n
        ]
        results = [onnx.ValueInfoProto(name=f"y{k}") for k in range(count)]
        graph = helper.make_graph([node], "g", given, results)
        imports = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=imports, ir_version=8)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            outputs = session.run(None, {n: np.asarray(x) for n, x in zip(names, inputs) if n})
        except Exception as error:  # Say which, and go on: other versions of the runtime ask for other arguments.
            print(f"{op}: {str(error)[:160]}")
            continue
        found = dict(zip([x.name for x in session.get_outputs()], outputs))
        made.append(entry(node, 17, inputs, [found.get(f"y{k}") for k in range(count)]))
    return [case for case in made if case]


cases = [*of_the_default_domain(), *of_the_runtime()]
lines = ",\n".join(json.dumps(case) for case in cases)
(root / "test" / "fixtures" / "operator-shapes.json").write_text(f"[\n{lines}\n]\n")
print(f"{len(cases)} nodes of {len({(c.get('domain'), c['op']) for c in cases})} operators")
