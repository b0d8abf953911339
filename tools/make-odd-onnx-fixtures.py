"""Writes test/fixtures/odd-onnx/: small valid models with what vision models seldom have, and what they compute.

Functions, subgraphs, custom domains, opsets 7 to 25, sequences and optionals, sparse and string tensors, element types
down to two bits. expected.json tells for each file, by onnx's own tools: the nodes after its functions are inlined, the
shapes that shape inference finds for the outputs, inputs to try it with, and the outputs that the reference evaluator
and ONNX Runtime give for them, which have to be the same where both can; `runtime` says whether the latter can. Needs numpy, onnx and onnxruntime.
"""

import json
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, checker, helper, inliner, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "odd-onnx"
F, I, B, S = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING
node, value, tensor = helper.make_node, helper.make_tensor_value_info, numpy_helper.from_array
X = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
cases = {}


def case(feeds=None):
    """Registers a function that makes a model, under its name, with inputs to try it with."""

    def register(make):
        cases[make.__name__.replace("_", "-")] = (make, {"x": X} if feeds is None else feeds)
        return make

    return register


def model(nodes, outputs, opset, inputs=None, initializer=(), imports=(), ir=None, **more):
    """A model of x [batch, 4] where nothing else is said. IR versions are the oldest that allow what is in the file."""
    inputs = [value("x", F, ["batch", 4])] if inputs is None else inputs
    graph_only = {key: more.pop(key) for key in ("value_info", "sparse_initializer", "doc_string") if key in more}
    graph = helper.make_graph(nodes, "odd", inputs, outputs, initializer, **graph_only)
    ids = [helper.make_opsetid("", opset), *(helper.make_opsetid(*pair) for pair in imports)]
    made = helper.make_model(graph, opset_imports=ids, producer_name="make-odd-onnx-fixtures", **more)
    made.ir_version = ir or (3 if opset < 9 else 4 if opset < 10 else 5 if opset < 11 else 6 if opset < 12 else 8 if opset < 21 else 10)
    return made


def ints(name, *items):
    return tensor(np.array(items, np.int64), name)


# Functions

def with_reference(made, name, attribute):
    """The node with a float attribute that is whatever the function is called with."""
    made.attribute.add(name=name, type=onnx.AttributeProto.FLOAT, ref_attr_name=attribute)
    return made


def scaled():
    """y = x · factor, where factor is an attribute of the call."""
    constant = with_reference(node("Constant", [], ["c"]), "value_float", "factor")
    return helper.make_function("vitrine.test", "Scaled", ["x"], ["y"],
                                [constant, node("Mul", ["x", "c"], ["y"])], [helper.make_opsetid("", 17)], ["factor"])


@case()
def functions():
    """Functions that call functions, called twice, whose inner names are those of the graph too."""
    outer = helper.make_function("vitrine.test", "Both", ["x", "c"], ["y", "z"], [
        node("Scaled", ["x"], ["t"], domain="vitrine.test", factor=2.0),
        node("Add", ["t", "c"], ["y"]),
        node("Neg", ["y"], ["z"]),
    ], [helper.make_opsetid("", 17), helper.make_opsetid("vitrine.test", 1)])
    return model([
        node("Both", ["x", "one"], ["t", "c"], domain="vitrine.test", name="first"),
        node("Both", ["c", "t"], ["y", ""], domain="vitrine.test", name="second"),
    ], [value("y", F, ["batch", 4]), value("t", F, ["batch", 4])], 17, initializer=[tensor(np.float32([1]), "one")],
        imports=[("vitrine.test", 1)], functions=[scaled(), outer])


@case()
def function_defaults():
    """A default for an attribute, an optional input left out, and an output that nobody asks for."""
    function = helper.make_function("vitrine.test", "Clipped", ["x", "low", "high"], ["y", "shape"], [
        node("Clip", ["x", "low", "high"], ["t"]),
        with_reference(node("LeakyRelu", ["t"], ["y"]), "alpha", "slope"),
        node("Shape", ["t"], ["shape"]),
    ], [helper.make_opsetid("", 18)], [], [helper.make_attribute("slope", 0.5)])
    return model([
        node("Clipped", ["x", "", "one"], ["a", ""], domain="vitrine.test"),
        node("Clipped", ["x", "", "one"], ["b", "size"], domain="vitrine.test", slope=0.25),
        node("Add", ["a", "b"], ["y"]),
    ], [value("y", F, ["batch", 4])], 18, initializer=[tensor(np.float32(1), "one")], imports=[("vitrine.test", 1)],
        functions=[function], ir=9)


@case()
def function_overloads():
    """Two functions of one name, told apart by the overload."""
    functions = [helper.make_function("vitrine.test", "F", ["x"], ["y"], [node(op, ["x"], ["y"])],
                                      [helper.make_opsetid("", 21)], overload=op) for op in ("Abs", "Neg")]
    return model([node("F", ["x"], ["a"], domain="vitrine.test", overload="Abs"),
                  node("F", ["a"], ["y"], domain="vitrine.test", overload="Neg")],
                 [value("y", F, ["batch", 4])], 21, imports=[("vitrine.test", 1)], functions=functions)


@case()
def function_in_branch():
    """A function that is called in a branch, and has a branch itself which sees the function's values."""
    then = helper.make_graph([node("Mul", ["x", "x"], ["square"])], "then", [], [value("square", F, None)])
    other = helper.make_graph([node("Identity", ["s"], ["same"])], "else", [], [value("same", F, None)])
    function = helper.make_function("vitrine.test", "Choose", ["x"], ["y"], [
        node("ReduceMax", ["x"], ["s"], keepdims=1),
        node("Constant", [], ["zero"], value_float=0.0),
        node("Greater", ["s", "zero"], ["above"]),
        node("Reshape", ["above", "none"], ["flag"]),
        node("If", ["flag"], ["y"], then_branch=then, else_branch=other),
    ], [helper.make_opsetid("", 17)])
    function.node.insert(0, node("Constant", [], ["none"], value_ints=[1]))
    inner = helper.make_graph([node("Choose", ["x"], ["c"], domain="vitrine.test")], "then", [], [value("c", F, None)])
    outer = helper.make_graph([node("Neg", ["x"], ["n"])], "else", [], [value("n", F, None)])
    return model([node("If", ["yes"], ["y"], then_branch=inner, else_branch=outer)], [value("y", F, None)], 17,
                 initializer=[tensor(np.array(True), "yes")], imports=[("vitrine.test", 1)], functions=[function])


# Subgraphs

@case({"x": X, "flag": np.array(False)})
def branches():
    """Branches in branches, which use values of the graphs around them and have initializers of their own."""
    inner_then = helper.make_graph([node("Add", ["h", "w"], ["p"])], "inner then", [], [value("p", F, ["batch", 4])],
                                   [tensor(np.float32([1, 2, 3, 4]), "w")])
    inner_else = helper.make_graph([node("Sub", ["h", "x"], ["q"])], "inner else", [], [value("q", F, ["batch", 4])])
    then = helper.make_graph([node("Identity", ["x"], ["i"])], "then", [], [value("i", F, ["batch", 4])])
    other = helper.make_graph([
        node("Not", ["flag"], ["opposite"]),
        node("Mul", ["x", "two"], ["h"]),
        node("If", ["opposite"], ["o"], then_branch=inner_then, else_branch=inner_else),
    ], "else", [], [value("o", F, ["batch", 4])])
    return model([node("If", ["flag"], ["y"], then_branch=then, else_branch=other)], [value("y", F, ["batch", 4])], 16,
                 inputs=[value("x", F, ["batch", 4]), value("flag", B, [])],
                 initializer=[tensor(np.float32([2]), "two")])


@case({"x": X, "n": np.array(3)})
def loop():
    """A loop with a carried value, a value of the graph around, and an output that is collected."""
    body = helper.make_graph([
        node("Add", ["sum_in", "x"], ["sum_out"]),
        node("ReduceMean", ["sum_out"], ["mean"], keepdims=0),
        node("Identity", ["condition"], ["go_on"]),
    ], "body", [value("i", I, []), value("condition", B, []), value("sum_in", F, ["batch", 4])],
        [value("go_on", B, []), value("sum_out", F, ["batch", 4]), value("mean", F, [])])
    return model([node("Loop", ["n", "", "x"], ["y", "means"], body=body)],
                 [value("y", F, ["batch", 4]), value("means", F, ["rounds"])], 16,
                 inputs=[value("x", F, ["batch", 4]), value("n", I, [])])


@case()
def scan():
    """The running sum of rows."""
    body = helper.make_graph([node("Add", ["before", "row"], ["after"]), node("Identity", ["after"], ["copy"])], "body",
                             [value("before", F, [4]), value("row", F, [4])],
                             [value("after", F, [4]), value("copy", F, [4])])
    return model([node("Scan", ["zeros", "x"], ["last", "y"], body=body, num_scan_inputs=1)],
                 [value("last", F, [4]), value("y", F, ["batch", 4])], 17,
                 initializer=[tensor(np.zeros(4, np.float32), "zeros")])


# Domains

@case({})
def custom_domain():
    """Operators that nobody else knows: one with declared types, one without, and attributes of all kinds."""
    sub = helper.make_graph([node("Neg", ["a"], ["b"])], "sub", [value("a", F, [1])], [value("b", F, [1])])
    custom = node("Mystery", ["x", "", "w"], ["p", "", "q"], domain="com.example", name="größer", doc_string="<b>&</b>",
                  an_int=-(2**63), a_float=1e-3, a_string="größer", ints=[1, 2**62], floats=[0.5], strings=["a", ""],
                  a_tensor=tensor(np.int32([1, 2]), "t"), graph=sub, graphs=[sub],
                  a_type=helper.make_tensor_type_proto(F, ["n"]))
    custom.attribute.append(helper.make_attribute("none", [], attr_type=onnx.AttributeProto.INTS))
    return model([custom, node("Unknown", ["q"], ["r"], domain="com.example"), node("Relu", ["r"], ["s"]),
                  node("Add", ["p", "w"], ["y"])],
                 [value("y", F, ["batch", 4]), value("s", F, None)], 17, initializer=[tensor(np.ones(4, np.float32), "w")],
                 value_info=[value("p", F, ["batch", 4])], imports=[("com.example", 3)])


@case({})
def unknown_operator():
    """An operator of the default domain that no version of it has."""
    return model([node("Frobnicate", ["x"], ["t"]), node("Relu", ["t"], ["y"])], [value("y", F, ["batch", 4])], 17)


# Old opsets

@case()
def opset_7():
    bn = [tensor(np.float32(v), n) for n, v in
          (("scale", [1, 2, 1, 2]), ("bias", [0, 1, 0, 1]), ("mean", [0, 0, 1, 1]), ("var", [1, 4, 1, 4]))]
    weights = [*bn, tensor(np.eye(4, dtype=np.float32), "w"), tensor(np.ones(4, np.float32), "b"), ints("sizes", -1, 2, 2)]
    return model([
        node("BatchNormalization", ["x", "scale", "bias", "mean", "var"], ["n"], epsilon=1e-5),
        node("Dropout", ["n"], ["d"], ratio=0.5),
        node("Gemm", ["d", "w", "b"], ["g"], transB=1),
        node("Clip", ["g"], ["c"], min=-1.0, max=1.0),
        node("Reshape", ["c", "sizes"], ["r"]),
        node("Unsqueeze", ["r"], ["u"], axes=[0]),
        node("Squeeze", ["u"], ["s"], axes=[0]),
        node("ReduceSum", ["s"], ["y"], axes=[2], keepdims=0),
    ], [value("y", F, ["batch", 2])], 7, initializer=weights,
        inputs=[value("x", F, ["batch", 4]), *(value(w.name, w.data_type, w.dims) for w in weights)])


@case()
def opset_8():
    """Slice, Split, Pad and TopK with attributes; Expand and Sum with broadcasting, new in 8."""
    weights = [ints("four", 3, 4)]
    return model([
        node("Slice", ["x"], ["s"], starts=[0], ends=[9223372036854775807], axes=[1]),
        node("Split", ["s"], ["a", "b"], axis=1, split=[1, 3]),
        node("Pad", ["a"], ["p"], pads=[0, 0, 0, 3], value=1.0),
        node("Expand", ["a", "four"], ["e"]),
        node("Sum", ["p", "e", "a"], ["t"]),
        node("Softmax", ["t"], ["m"], axis=1),
        node("TopK", ["m"], ["y", "at"], k=2, axis=-1),
        node("Max", ["b", "a"], ["z"]),
    ], [value("y", F, [3, 2]), value("at", I, [3, 2]), value("z", F, [3, 3])], 8, initializer=weights,
        inputs=[value("x", F, [3, 4]), value("four", I, [2])])


@case()
def opset_9():
    """Shape arithmetic with ConstantOfShape, Upsample with an input, Where, MatMul."""
    return model([
        node("Shape", ["x"], ["shape"]),
        node("ConstantOfShape", ["shape"], ["twos"], value=tensor(np.float32([2]), "")),
        node("Greater", ["x", "twos"], ["more"]),
        node("Where", ["more", "x", "twos"], ["w"]),
        node("Reshape", ["w", "image"], ["i"]),
        node("Upsample", ["i", "scales"], ["y"], mode="nearest"),
        node("Flatten", ["y"], ["f"]),
        node("MatMul", ["f", "v"], ["z"]),
    ], [value("y", F, ["batch", 1, 4, 4]), value("z", F, ["batch", 1])], 9,
        initializer=[ints("image", -1, 1, 2, 2), tensor(np.float32([1, 1, 2, 2]), "scales"),
                     tensor(np.ones((16, 1), np.float32), "v")])


@case()
def opset_10():
    """Slice with inputs, Resize without a mode of coordinates, Dropout with a mask, Mod."""
    return model([
        node("Slice", ["x", "start", "end", "axis", "step"], ["s"]),
        node("Dropout", ["s"], ["d", "mask"]),
        node("Unsqueeze", ["d"], ["u"], axes=[1, 2]),
        node("Resize", ["u", "scales"], ["r"], mode="nearest"),
        node("Squeeze", ["r"], ["q"], axes=[1, 2]),
        node("Transpose", ["q"], ["y"]),
    ], [value("y", F, [4, "batch"])], 10,
        initializer=[ints("start", -1), ints("end", -9223372036854775808), ints("axis", 1), ints("step", -2),
                     tensor(np.float32([1, 1, 1, 2]), "scales")])


# Types

@case()
def sequences():
    """Sequences within the graph and at its end."""
    return model([
        node("SplitToSequence", ["x"], ["rows"], axis=0, keepdims=1),
        node("SequenceLength", ["rows"], ["n"]),
        node("SequenceAt", ["rows", "one"], ["second"]),
        node("SequenceConstruct", ["second", "x"], ["pair"]),
        node("ConcatFromSequence", ["pair"], ["y"], axis=0),
        node("SequenceInsert", ["pair", "y"], ["three"]),
    ], [value("y", F, [4, 4]), value("n", I, []), helper.make_tensor_sequence_value_info("three", F, None)], 17,
        inputs=[value("x", F, [3, 4])], initializer=[tensor(np.array(1), "one")])


@case({"rows": [X[0], X[1]]})
def sequence_input():
    return model([node("ConcatFromSequence", ["rows"], ["y"], axis=0, new_axis=1)], [value("y", F, ["n", 4])], 17,
                 inputs=[helper.make_tensor_sequence_value_info("rows", F, [4])])


@case()
def optionals():
    return model([
        node("Optional", ["x"], ["some"]),
        node("OptionalHasElement", ["some"], ["has"]),
        node("OptionalGetElement", ["some"], ["y"]),
    ], [value("y", F, ["batch", 4]), value("has", B, [])], 18)


@case({"maybe": X})
def optional_input():
    kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(F, [3, 4]))
    return model([node("OptionalGetElement", ["maybe"], ["y"])], [value("y", F, [3, 4])], 18,
                 inputs=[helper.make_value_info("maybe", kind)])


@case({"pairs": {"one": 1.0, "two": 2.0}})
def map_input():
    """A map, as scikit-learn's exporters have it."""
    kind = onnx.TypeProto()
    kind.map_type.key_type = S
    kind.map_type.value_type.CopyFrom(helper.make_tensor_type_proto(F, None))
    return model([node("DictVectorizer", ["pairs"], ["y"], domain="ai.onnx.ml", string_vocabulary=["two", "one"])],
                 [value("y", F, [1, 2])], 15, inputs=[helper.make_value_info("pairs", kind)], imports=[("ai.onnx.ml", 3)])


def sparse(name, dense):
    """Coordinates as one number into the flat tensor."""
    flat = dense.ravel()
    places = np.flatnonzero(flat)
    return helper.make_sparse_tensor(tensor(flat[places], name), tensor(places, f"{name}_at"), dense.shape)


@case()
def sparse_weights():
    """A sparse initializer, and a Constant with a sparse value."""
    dense = np.zeros((4, 5), np.float32)
    dense[0, 1], dense[3, 4] = 3, -1
    return model([
        node("MatMul", ["x", "w"], ["t"]),
        node("Constant", [], ["c"], sparse_value=sparse("", np.float32([0, 0, 1, 0, 2]))),
        node("Add", ["t", "c"], ["y"]),
    ], [value("y", F, ["batch", 5])], 13, sparse_initializer=[sparse("w", dense)])


@case({"x": np.array(["ä", "b"], object)})
def strings():
    """String tensors as input, initializer, constants and output."""
    return model([
        node("Constant", [], ["s"], value_string="größer"),
        node("Constant", [], ["t"], value_strings=["p", ""]),
        node("StringConcat", ["x", "suffix"], ["a"]),
        node("StringConcat", ["a", "s"], ["b"]),
        node("StringConcat", ["b", "t"], ["y"]),
    ], [value("y", S, [2])], 20, inputs=[value("x", S, [2])],
        initializer=[helper.make_tensor("suffix", S, [2], ["-1", "-2"])], ir=9)


def typed_weight(name, kind, numbers, raw=True):
    """A tensor of an element type that numpy lacks. The reference implementation converts the numbers."""
    array = np.array(numbers, np.float32).astype(helper.tensor_dtype_to_np_dtype(kind))
    made = tensor(array, name)
    return made if raw else helper.make_tensor(name, kind, array.shape, array.astype(np.float32).ravel().tolist())


@case()
def float8():
    """All float8 types as initializers, in bytes and in lists, and casts to and from them."""
    kinds = [TensorProto.FLOAT8E4M3FN, TensorProto.FLOAT8E4M3FNUZ, TensorProto.FLOAT8E5M2, TensorProto.FLOAT8E5M2FNUZ]
    numbers = [0.5, -1, 2, 3]
    nodes = [node("Cast", [f"w{i}"], [f"c{i}"], to=F) for i in range(4)]
    return model([*nodes, node("Sum", ["c0", "c1", "c2", "c3"], ["s"]), node("Mul", ["x", "s"], ["m"]),
                  node("Cast", ["m"], ["e"], to=kinds[0], saturate=1), node("Cast", ["e"], ["y"], to=F)],
                 [value("y", F, ["batch", 4])], 19,
                 initializer=[typed_weight(f"w{i}", kind, numbers, raw=i % 2 == 0) for i, kind in enumerate(kinds)], ir=9)


@case()
def int4():
    """Weights of four bits, five of them, so that the last byte is half used."""
    weights = [typed_weight("w", TensorProto.INT4, [[-8], [7], [1], [-1], [3]]),
               typed_weight("u", TensorProto.UINT4, [15, 0, 3], raw=False),
               tensor(np.float32(0.5), "scale")]
    return model([
        node("DequantizeLinear", ["w", "scale"], ["d"]),
        node("Cast", ["u"], ["f"], to=F),
        node("ReduceSum", ["f"], ["r"], keepdims=0),
        node("Add", ["d", "r"], ["t"]),
        node("ReduceSum", ["t"], ["s"], keepdims=0),
        node("Mul", ["x", "s"], ["y"]),
    ], [value("y", F, ["batch", 4])], 21, initializer=weights)


@case()
def float4():
    weights = [typed_weight("w", TensorProto.FLOAT4E2M1, [0.5, -6, 1.5, 4])]
    return model([node("Cast", ["w"], ["d"], to=F), node("Mul", ["x", "d"], ["y"])], [value("y", F, ["batch", 4])], 23,
                 initializer=weights, ir=11)


@case()
def int2():
    weights = [typed_weight("w", TensorProto.INT2, [-2, 1, 0, -1])]
    return model([node("Cast", ["w"], ["d"], to=F), node("Mul", ["x", "d"], ["y"])], [value("y", F, ["batch", 4])], 25,
                 initializer=weights, ir=13)


@case()
def narrow_floats():
    """float16 and bfloat16 in lists and bytes; complex numbers that nothing uses."""
    weights = [helper.make_tensor("h", TensorProto.FLOAT16, [4], [0.5, 1, -2, 65504]),
               helper.make_tensor("b", TensorProto.BFLOAT16, [4], [0.5, 1, -2, 3e38]),
               tensor(np.float16([1, 2, 3, 4]), "raw_h"), typed_weight("raw_b", TensorProto.BFLOAT16, [1, 2, 3, 4]),
               helper.make_tensor("c", TensorProto.COMPLEX64, [2], [1 + 2j, 3 - 1j]),
               helper.make_tensor("z", TensorProto.COMPLEX128, [1], [1 + 2j])]
    casts = [node("Cast", [name], [f"{name}_f"], to=F) for name in ("h", "b", "raw_h", "raw_b")]
    return model([*casts, node("Sum", ["h_f", "raw_h_f", "raw_b_f"], ["s"]), node("Sign", ["b_f"], ["t"]),
                  node("Mul", ["s", "t"], ["u"]), node("Add", ["x", "u"], ["y"])],
                 [value("y", F, ["batch", 4])], 13, initializer=weights)


@case()
def typed_lists():
    """Numbers in every list that a tensor has, for the types that each is for."""
    kinds = [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16,
             TensorProto.UINT16, TensorProto.INT32, TensorProto.UINT32, TensorProto.INT64, TensorProto.UINT64, B]
    weights = [helper.make_tensor(f"w{i}", kind, [4], [1, 0, 1, 1]) for i, kind in enumerate(kinds)]
    casts = [node("Cast", [w.name], [f"{w.name}_f"], to=F) for w in weights]
    return model([*casts, node("Sum", [f"{w.name}_f" for w in weights], ["s"]), node("Add", ["x", "s"], ["y"])],
                 [value("y", F, ["batch", 4])], 13, initializer=weights)


# Graphs

@case({"x": np.zeros((0, 4), np.float32)})
def no_elements():
    """Sizes of zero, scalars, and a weight without elements."""
    return model([
        node("Concat", ["x", "none"], ["c"], axis=0),
        node("Shape", ["c"], ["s"]),
        node("ReduceProd", ["s"], ["n"], keepdims=0),
        node("Cast", ["n"], ["f"], to=F),
        node("Add", ["f", "pi"], ["y"]),
    ], [value("y", F, []), value("c", F, ["rows", 4])], 13,
        initializer=[tensor(np.zeros((0, 4), np.float32), "none"), tensor(np.float32(3), "pi")])


@case({})
def no_nodes():
    """An initializer is the output."""
    return model([], [value("w", F, [2])], 13, inputs=[], initializer=[tensor(np.float32([1, 2]), "w")])


@case()
def input_is_output():
    return model([node("Neg", ["x"], ["y"])], [value("x", F, ["batch", 4]), value("y", F, ["batch", 4])], 13)


@case()
def unused():
    """An input, a weight and a node that nothing needs, and outputs without types."""
    return model(
        [node("Neg", ["x"], ["y"]), node("Abs", ["x"], ["nobody"])], [value("y", F, None)], 13,
        initializer=[tensor(np.float32([1, 2]), "w")])


@case()
def annotations():
    """What does not change what is computed: texts, quantisation, training, the devices for nodes."""
    made = model([node("Mul", ["x", "w"], ["y"], name="<script>alert(1)</script>", doc_string='"><img src=x>')],
                 [value("y", F, ["batch", 4])], 21, initializer=[tensor(np.ones(4, np.float32), "w")],
                 doc_string="graph\n</script><script>", ir=11)
    made.doc_string = "</title><script>alert(1)</script>"
    made.graph.initializer[0].doc_string = "weights"
    made.graph.input[0].doc_string = "pixels"
    helper.set_model_props(made, {"author": "<b>nobody</b>", "": "empty"})
    for item in (made.graph, made.graph.node[0], made.graph.initializer[0], made.graph.output[0]):
        item.metadata_props.add(key="origin", value="<i>test</i>")
    quantization = made.graph.quantization_annotation.add(tensor_name="w")
    quantization.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="w")
    made.configuration.add(name="two", num_devices=2, device=["a", "b"])
    made.graph.node[0].device_configurations.add(configuration_id="two", pipeline_stage=1)
    info = made.training_info.add()
    info.algorithm.name = "step"
    info.update_binding.add(key="w", value="w")
    return made


@case()
def newest_operators():
    """Operators of opsets 22 to 24."""
    q = [tensor(np.float32(np.sin(np.arange(16) + i)).reshape(1, 4, 4), name) for i, name in enumerate("kv")]
    return model([
        node("RMSNormalization", ["x", "scale"], ["n"], axis=-1, epsilon=1e-5),
        node("Unsqueeze", ["n", "zero"], ["q"]),
        node("Attention", ["q", "k", "v"], ["a"], q_num_heads=2, kv_num_heads=2),
        node("Swish", ["a"], ["s"], alpha=1.5),
        node("Squeeze", ["s", "zero"], ["y"]),
    ], [value("y", F, ["batch", 4])], 24, initializer=[*q, tensor(np.ones(4, np.float32), "scale"), ints("zero", 0)], ir=11)


# What is written beside them

def described(item):
    """A tensor for the JSON, or a list of them for a sequence."""
    if isinstance(item, (list, tuple)):
        return [described(each) for each in item]
    array = np.asarray(item)
    values = array.ravel().tolist() if array.dtype != np.float32 else [float(f"{v:.9g}") for v in array.ravel().tolist()]
    dtype = "string" if array.dtype.kind in "OU" else array.dtype.name
    return {"dtype": dtype, "shape": list(array.shape), "values": values}


def shapes_of(made):
    """The shapes of the outputs as shape inference finds them; null is a size that it does not know."""
    inferred = shape_inference.infer_shapes(made, data_prop=True)
    shapes = {}
    for output in inferred.graph.output:
        if output.type.HasField("tensor_type") and output.type.tensor_type.HasField("shape"):
            dims = output.type.tensor_type.shape.dim
            sizes = [d.dim_value if d.HasField("dim_value") else d.dim_param for d in dims]
            shapes[output.name] = [None if str(size).startswith("unk__") or size == "" else size for size in sizes]
    return shapes


def close(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(close, a, b))
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and (a == b if a.dtype.kind in "OU" else np.isclose(a, b, rtol=1e-5, atol=1e-6)).all()


def attempt(who, compute):
    try:
        return compute()
    except Exception as error:
        print(f"  {who}: {str(error)[:160]}")


def runtime_outputs(made, feeds):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


warnings.filterwarnings("ignore")
folder.mkdir(parents=True, exist_ok=True)
for old in folder.iterdir():
    old.unlink()
expected = {}
for name, (make, feeds) in cases.items():
    print(name)
    made = make()
    attempt("checker", lambda: checker.check_model(made, full_check=True))
    inlined = inliner.inline_local_functions(made)
    entry = {"nodes": len(inlined.graph.node), "shapes": shapes_of(inlined)}
    if name not in ("custom-domain", "unknown-operator"):
        reference = attempt("reference evaluator", lambda: ReferenceEvaluator(made).run(None, feeds))
        runtime = attempt("ONNX Runtime", lambda: runtime_outputs(made, feeds))
        if name in ("function-overloads", "optionals", "map-input"):
            reference = None  # It takes the last function of a name, wraps optionals in a list, and drops an axis.
        if reference is not None and runtime is not None:
            assert all(map(close, reference, runtime)), name
        entry["runtime"] = runtime is not None
        outputs = runtime if reference is None else reference
        if outputs is not None:
            entry["inputs"] = {key: described(item) for key, item in feeds.items() if not isinstance(item, dict)}
            entry["outputs"] = {info.name: described(item) for info, item in zip(made.graph.output, outputs)}
    expected[name] = entry
    data = made.SerializeToString()
    assert len(data) <= 5000, name
    (folder / f"{name}.onnx").write_bytes(data)
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in expected.items())
(folder / "expected.json").write_text(f"{{\n{lines}\n}}\n")
