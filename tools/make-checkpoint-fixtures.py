"""Writes test/fixtures/checkpoints/: small checkpoints by the libraries themselves, and their tensors as JSON.

Needs torch, numpy, safetensors and huggingface_hub. The `.pdparams` are written by PaddlePaddle, which may live in an
environment of its own: run the script there with the argument `paddle`.
"""

import argparse
import base64
import collections
import json
import pathlib
import pickle
import sys
import warnings

import numpy as np

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "checkpoints"
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(0)


def described(name, array, dtype=None):
    """A tensor for the JSON: its bytes in row-major order, in hexadecimal."""
    array = np.asarray(array)
    return {"name": name, "dtype": dtype or array.dtype.name, "shape": list(array.shape), "hex": array.tobytes("C").hex()}


def write_json(name, expected):
    lines = ",\n".join(f"{json.dumps(file)}: {json.dumps(tensors)}" for file, tensors in expected.items())
    (folder / name).write_text(f"{{\n{lines}\n}}\n")


def with_torch():
    import torch

    def save(file, value, tensors, **options):
        torch.save(value, folder / file, **options)
        expected[file] = [described_tensor(name, tensor) for name, tensor in tensors.items()]

    def described_tensor(name, tensor):
        tensor = tensor.detach()
        dtype = str(tensor.dtype).removeprefix("torch.")
        return described(name, tensor.view(torch.uint16) if dtype == "bfloat16" else tensor, dtype)

    expected = {}
    torch.manual_seed(0)

    floats = torch.tensor([[0.1, -2.5, 1e-40], [float("inf"), 3e38, 0.0]])
    dtypes = {
        "float32": floats,
        "float64": torch.tensor([0.1, 1e300], dtype=torch.float64),
        "float16": floats.half(),
        "bfloat16": floats.bfloat16(),
        "bool": torch.tensor([True, False, True]),
        **{
            str(dtype): torch.tensor([torch.iinfo(dtype).min, 1, torch.iinfo(dtype).max], dtype=dtype)
            for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
        },
        "uint16": torch.tensor([0, 65535], dtype=torch.uint16),
        "uint32": torch.tensor([0, 2**32 - 1], dtype=torch.uint32),
        "uint64": torch.tensor([0, 2**64 - 1], dtype=torch.uint64),
        "scalar": torch.tensor(5.0),
        "empty": torch.zeros(2, 0),
        # Names that a careless reader trips over.
        "10": torch.tensor([10.0]),
        "__proto__": torch.tensor([7.0]),
        "constructor": torch.tensor([8.0]),
        "é \U0001f33c": torch.tensor([9.0]),
    }
    save("dtypes.pth", dtypes, dtypes)

    base = torch.arange(24.0)
    image = torch.arange(48, dtype=torch.int16).reshape(2, 3, 4, 2)
    views = {
        "base": base,
        "matrix": base.view(4, 6),
        "transposed": base.view(4, 6).t(),
        "slice": base[5:11],
        "every second": base.view(4, 6)[1:, ::2],
        "permuted": base.view(2, 3, 4).permute(2, 0, 1),
        "expanded": base[3:4].expand(3, 2),
        "one row": base.view(4, 6)[2:3],
        "element": base[7],
        "channels last": image.to(memory_format=torch.channels_last),
        "half as integers": torch.tensor([1.0, 2.0]).half().view(torch.int16),
    }
    save("views.pth", views, views)
    save("legacy.pth", views, views, _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        save(f"protocol-{protocol}.pth", {"state_dict": views}, views, pickle_protocol=protocol)
    save("legacy-protocol-4.pth", views, views, pickle_protocol=4, _use_new_zipfile_serialization=False)

    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2, bias=False))
    optimizer = torch.optim.AdamW(model.parameters())
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    model(torch.randn(5, 4)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    save("state-dict.pth", state, state)
    parameters = dict(model.named_parameters())
    parameters["0.weight"].tag = "an attribute of a parameter"
    save("parameters.pth", parameters, parameters)
    del parameters["0.weight"].tag

    average = collections.OrderedDict((name, tensor + 1) for name, tensor in state.items())
    training = {
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": scheduler.state_dict(),
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1, output_dir=pathlib.PurePosixPath("runs/a"), clip=None),
        "rng": torch.get_rng_state()[:16].clone(),
        "best": np.float64(0.5),
        "confusion": np.arange(6, dtype=np.int64).reshape(2, 3),
        "history": collections.defaultdict(list, loss=[1.5, 0.5]),
        "counts": collections.Counter("abca"),
        "misc": [{1, 2}, frozenset({3}), b"\x00\xff", bytearray(b"x"), 2**100, -(2**70), -1, 1e-5, True, (), None],
        "kinds": [torch.float16, torch.device("cuda", 0), torch.Size([2, 3])],
    }
    save("training.pth", {"model": state, **training}, state)
    save("training-ema.pth", {"model": state, "model_ema": average, **training}, average)
    save("training-legacy.pth", {"model": state, **training}, state, _use_new_zipfile_serialization=False)

    def prefixed(prefix):
        return {prefix + name: tensor for name, tensor in state.items()}

    save("parallel.pth", {"state_dict": prefixed("module.")}, state)
    save("compiled.pth", prefixed("module._orig_mod."), state)
    save("averaged.pth", {"n_averaged": torch.tensor(2), **prefixed("module.")}, {"n_averaged": torch.tensor(2), **state})
    save("lightning.pth", {"epoch": 1, "state_dict": prefixed("model."), "callbacks": {}}, state)
    save("other-key.pth", {"epoch": 1, "my_weights": state}, state)
    head = {"head.mlp.0.weight": torch.ones(2, 2)}
    teacher = {**{"backbone." + name: tensor + 2 for name, tensor in state.items()}, **head}
    student = {**prefixed("module.backbone."), "module.head.mlp.0.weight": torch.ones(2, 2)}
    save("dino.pth", {"student": student, "teacher": teacher, "epoch": 1}, {name: state[name] + 2 for name in state})

    # What must be refused: code instead of weights.
    torch.save(model, folder / "whole-model.pth")
    torch.jit.script(torch.nn.Linear(2, 2)).save(folder / "script.pt")

    with_shards(state, expected, described_tensor)
    write_json("torch.json", expected)


def with_shards(state, expected, described_tensor):
    import torch
    from huggingface_hub import save_torch_state_dict

    for name, safe in (("sharded", True), ("sharded-bin", False)):
        target = folder / name
        target.mkdir(exist_ok=True)
        save_torch_state_dict(
            {key: tensor.clone() for key, tensor in state.items()}, target, max_shard_size=60, safe_serialization=safe
        )
        expected[name] = [described_tensor(key, tensor) for key, tensor in state.items()]


def with_numpy():
    def arrays_of(arrays):
        return [
            described(name, array, "bfloat16" if array.dtype.kind == "V" else None) for name, array in arrays.items()
        ]

    expected = {}
    jax = {
        "cls": random.standard_normal((1, 1, 4), dtype=np.float32),
        "Transformer/encoderblock_0/MultiHeadDotProductAttention_1/query/kernel": np.ones((4, 2, 2), np.float32),
        "Transformer/posembed_input/pos_embedding": random.standard_normal((1, 5, 4)).astype(np.float16),
        "embedding/kernel": np.asfortranarray(random.standard_normal((2, 2, 3, 4), dtype=np.float32)),
        "step": np.array(7),
        "mask": np.array([True, False]),
        "bytes": np.arange(3, dtype=np.uint8),
    }
    np.savez(folder / "vit-jax.npz", **jax)
    expected["vit-jax.npz"] = arrays_of(jax)
    # JAX saves bfloat16 as two bytes of no type.
    big_vision = {"params/" + name: array for name, array in jax.items()}
    big_vision["params/head/kernel"] = np.array([0x3F80, 0xC020], np.uint16).view("V2")
    big_vision["params/head/bias"] = np.zeros(5000)
    np.savez_compressed(folder / "big-vision.npz", **big_vision)
    expected["big-vision.npz"] = arrays_of({name: array for name, array in big_vision.items() if array.size < 5000})

    import zipfile

    versions = {f"version-{n}": (n, random.standard_normal((2, 3), dtype=np.float32)) for n in (1, 2, 3)}
    with zipfile.ZipFile(folder / "versions.npz", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (version, array) in versions.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array, version=(version, 0))
    expected["versions.npz"] = arrays_of({name: array for name, (_, array) in versions.items()})
    np.savez(folder / "objects.npz", a=np.array([{}, []], dtype=object))

    pickled = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
        "transposed": np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3) / 7),
        "half": np.array([0.1, 65504], np.float16),
        "integers": np.array([-(2**63), 2**63 - 1]),
        "bytes": np.arange(256, dtype=np.uint8),
        "empty": np.zeros((0, 3), np.float32),
        "scalar": np.float32(0.1),
    }
    for protocol in range(6):
        file = f"numpy-{protocol}.pkl"
        (folder / file).write_bytes(pickle.dumps({"weights": pickled, "note": "é 'quoted' \n"}, protocol=protocol))
        expected[file] = arrays_of(pickled)
    write_json("numpy.json", expected)


def with_pickle():
    """Plain values by all protocols, in base64, beside the same values as JSON."""

    def as_json(value):
        match value:
            case argparse.Namespace():
                return {"object": "argparse.Namespace", "state": as_json(vars(value))}
            case pathlib.PurePath():
                return {"object": "pathlib.PurePosixPath", "state": None}
            case bytes() | bytearray():
                return {"bytes": value.hex()}
            case dict():
                return {"dict": [[as_json(key), as_json(item)] for key, item in value.items()]}
            case set() | frozenset():
                return {"set": [as_json(item) for item in sorted(value)]}
            case list() | tuple():
                return [as_json(item) for item in value]
            case int() if not isinstance(value, bool) and abs(value) > 2**53 - 1:
                return {"int": str(value)}
            case float() if value != value or abs(value) == float("inf"):
                return {"float": str(value)}
        return value

    shared = ["shared"]
    ordered = collections.OrderedDict(a=1, b=shared)
    ordered._metadata = {"version": 1}
    values = {
        "constants": [None, True, False],
        "integers": [0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**53 - 1, 1 - 2**53, 2**53, -(2**63), 2**64],
        "long integers": [2**2000, -(2**2000), 2**2047 - 1],
        "floats": [0.1, -1e300, 1e-5, 5e-324, float("inf"), float("-inf"), float("nan")],
        "strings": ["", "a", "é", "€ \U0001f33c", "\ufeffmark", "line\n\r\t\\ \\u0041 'single' \"double\"", "x" * 300],
        "bytes": [b"", b"a\x00\xff\n", b"b" * 300, bytearray(b""), bytearray(b"\x80a")],
        "lists": [[], [1], [[[]]], list(range(1100)), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "dicts": [{}, {"a": {"b": (1,)}}, {1: 2, 1.5: None, (1, 2): "x"}, {"__proto__": 1, "constructor": 2}],
        "sets": [set(), {1, 2}, frozenset(), frozenset({3})],
        "containers": [ordered, collections.Counter("abca"), collections.defaultdict(list, a=[1])],
        "shared": [shared, shared, (shared, shared)],
        "settings": [argparse.Namespace(lr=0.1, shared=shared), pathlib.PurePosixPath("a/b")],
    }
    lines = []
    for name, value in values.items():
        pickles = [base64.b64encode(pickle.dumps(value, protocol=protocol)).decode() for protocol in range(6)]
        lines.append(json.dumps({"name": name, "value": as_json(value), "pickles": pickles}))
    # As Python 2 writes {'a': u'\xe9', '\xe9\n\'': 2L}.
    python2 = [
        b"(dp0\nS'a'\np1\nV\xe9\np2\nsS'\\xe9\\n\\''\np3\nL2L\ns.",
        b"}q\x00(U\x01aq\x01X\x02\x00\x00\x00\xc3\xa9q\x02U\x03\xe9\n'q\x03I2\nu.",
        b"\x80\x02}q\x00(U\x01aq\x01X\x02\x00\x00\x00\xc3\xa9q\x02T\x03\x00\x00\x00\xe9\n'q\x03\x8a\x01\x02u.",
    ]
    value = as_json({"a": "é", "é\n'": 2})
    assert all(as_json(pickle.loads(pickled, encoding="latin1")) == value for pickled in python2)
    pickles = [base64.b64encode(pickled).decode() for pickled in python2]
    lines.append(json.dumps({"name": "Python 2", "value": value, "pickles": pickles}))
    (folder / "pickles.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


def with_paddle():
    import paddle

    def described_tensor(name, tensor):
        bfloat16 = tensor.dtype == paddle.bfloat16
        return described(name, tensor.numpy(), "bfloat16" if bfloat16 else None)

    expected = {}
    paddle.seed(0)
    model = paddle.nn.Sequential(paddle.nn.Linear(4, 3), paddle.nn.LayerNorm(3), paddle.nn.Conv2D(1, 2, 2))
    state = model.state_dict()
    tensors = [described_tensor(name, tensor) for name, tensor in state.items()]
    for protocol in (2, 3, 4):
        paddle.save(state, str(folder / f"paddle-{protocol}.pdparams"), protocol=protocol)
        expected[f"paddle-{protocol}.pdparams"] = tensors
    optimizer = paddle.optimizer.AdamW(parameters=model.parameters())
    model[1](model[0](paddle.randn([2, 4]))).sum().backward()
    optimizer.step()
    for protocol in (2, 4):
        file = f"paddle-training-{protocol}.pdparams"
        value = {"model": state, "optimizer": optimizer.state_dict(), "epoch": 3, "scaler": None}
        paddle.save(value, str(folder / file), protocol=protocol)
        expected[file] = [described_tensor(name, tensor) for name, tensor in state.items()]
    halves = {
        "bfloat16": paddle.to_tensor([1.5, -3e38]).astype("bfloat16"),
        "float16": paddle.to_tensor([0.1, 65504.0]).astype("float16"),
        "int64": paddle.to_tensor([-(2**63), 2**63 - 1]),
        "bool": paddle.to_tensor([True, False]),
        "scalar": paddle.to_tensor(3.0),
    }
    paddle.save(halves, str(folder / "paddle-dtypes.pdparams"))
    expected["paddle-dtypes.pdparams"] = [described_tensor(name, tensor) for name, tensor in halves.items()]
    write_json("paddle.json", expected)


if "paddle" in sys.argv:
    with_paddle()
else:
    with_torch()
    with_numpy()
    with_pickle()
