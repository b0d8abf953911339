"""Writes test/fixtures/adapt.json: position embeddings, patch embeddings and channels adapted by the libraries themselves.

python tools/make-adapt-fixtures.py (needs torch, timm, torchvision, transformers, scipy and open_clip_torch). PaddlePaddle may live in an
environment of its own: run the script there with the argument `paddle`, afterwards. The tests make the inputs anew by the
formula of `numbers`, so that outputs alone are stored.
"""

import json
import pathlib
import sys
import types

import numpy as np

path = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "adapt.json"
features = 2


def numbers(*shape):
    """Between -1 and 1, without visible pattern, the same in every language."""
    i = np.arange(np.prod(shape))
    return ((31 * i * i + 17 * i) % 2003 / 1001 - 1).astype(np.float32).reshape(shape)


def rounded(array):
    """A float32 is known by nine digits; eight are enough to see 1e-6."""
    return [float(f"{value:.8g}") for value in np.asarray(array, dtype=np.float32).ravel()]


def positions(method, prefix, old, new, resize):
    """`resize` gets an embedding [1, prefix + rows * columns, features] as numpy array."""
    output = resize(numbers(1, prefix + old[0] * old[1], features))
    return {"method": method, "prefixTokens": prefix, "from": old, "to": new, "output": rounded(output)}


def timm_positions():
    import torch
    from timm.layers import resample_abs_pos_embed

    for prefix, old, new in [
        (1, (4, 4), (7, 7)), (1, (7, 7), (4, 4)), (2, (4, 4), (3, 5)), (0, (3, 5), (6, 2)), (5, (2, 2), (1, 1)), (0, (1, 1), (2, 3)),
    ]:  # fmt: skip
        yield positions(
            "timm", prefix, old, new,
            lambda x: resample_abs_pos_embed(torch.tensor(x), list(new), list(old), num_prefix_tokens=prefix),
        )  # fmt: skip


def torchvision_positions():
    import torch
    from torchvision.models.vision_transformer import interpolate_embeddings

    for old, new in [(4, 7), (7, 4), (2, 3), (3, 1)]:

        def resize(x):
            state = interpolate_embeddings(new * 16, 16, {"encoder.pos_embedding": torch.tensor(x)})
            return state["encoder.pos_embedding"]

        yield positions("torchvision", 1, (old, old), (new, new), resize)


def huggingface_positions():
    import torch
    from transformers.models import deit, dinov2, dinov2_with_registers, siglip, vit

    def class_of(kind, prefix, embeddings, config, cases, name="position_embeddings"):
        for old, new in cases:

            def resize(x):
                layer = embeddings(config(hidden_size=features, image_size=old * 2, patch_size=2))
                if name == "position_embedding":
                    layer.position_embedding.weight.data = torch.tensor(x[0])
                else:
                    layer.position_embeddings.data = torch.tensor(x)
                with torch.no_grad():
                    patches = torch.zeros(1, prefix + new[0] * new[1], features)
                    return layer.interpolate_pos_encoding(patches, new[0] * 2, new[1] * 2)

            yield positions(kind, prefix, (old, old), new, resize)

    several = [(4, (7, 7)), (7, (4, 4)), (4, (3, 5)), (3, (1, 1))]
    one = [(3, (5, 4))]
    yield from class_of("huggingface", 1, vit.modeling_vit.ViTEmbeddings, vit.ViTConfig, several)
    yield from class_of("huggingface", 2, deit.modeling_deit.DeiTEmbeddings, deit.DeiTConfig, one)
    yield from class_of("huggingface", 1, dinov2.modeling_dinov2.Dinov2Embeddings, dinov2.Dinov2Config, one)
    yield from class_of(
        "huggingface", 0, siglip.modeling_siglip.SiglipVisionEmbeddings, siglip.SiglipVisionConfig, one, "position_embedding"
    )  # fmt: skip
    registers = dinov2_with_registers
    yield from class_of(
        "huggingfaceRegisters", 1,
        registers.modeling_dinov2_with_registers.Dinov2WithRegistersEmbeddings, registers.Dinov2WithRegistersConfig,
        [(4, (7, 7)), (5, (2, 3))],
    )  # fmt: skip


def openclip_positions():
    import torch
    from open_clip.model import resize_pos_embed

    for old, new in [(4, (7, 7)), (5, (2, 3))]:

        def resize(x):
            state = {"visual.positional_embedding": torch.tensor(x[0])}
            resize_pos_embed(state, types.SimpleNamespace(visual=types.SimpleNamespace(grid_size=new)))
            return state["visual.positional_embedding"]

        yield positions("openclip", 1, (old, old), new, resize)


def google_positions():
    """What vit_jax and big_vision do: the grid is zoomed linearly by scipy."""
    from scipy.ndimage import zoom

    for prefix, old, new in [(1, 4, 7), (1, 7, 4), (0, 2, 5), (1, 3, 1)]:

        def resize(x):
            grid = x[0, prefix:].reshape(old, old, features)
            zoomed = zoom(grid, (new / old, new / old, 1), order=1).reshape(-1, features)
            return np.concatenate([x[0, :prefix], zoomed])

        yield positions("google", prefix, (old, old), (new, new), resize)


def paddle_positions():
    """What PaddleViT does: Paddle's bicubic interpolation of the grid, corners not aligned."""
    import paddle

    for prefix, old, new in [(1, 4, (7, 7)), (1, 7, (4, 4)), (2, 4, (3, 5)), (0, 3, (5, 2))]:

        def resize(x):
            grid = paddle.to_tensor(x[:, prefix:].reshape(1, old, old, features).transpose(0, 3, 1, 2))
            resized = paddle.nn.functional.interpolate(grid, size=new, mode="bicubic", align_corners=False).numpy()
            patches = resized.transpose(0, 2, 3, 1).reshape(1, -1, features)
            return np.concatenate([x[:, :prefix], patches], axis=1)

        yield positions("paddlevit", prefix, (old, old), new, resize)


def timm_kernels():
    import torch
    from timm.layers.patch_embed import resample_patch_embed

    for shape, size in [((2, 3, 4, 4), 6), ((2, 3, 6, 6), 4), ((1, 1, 7, 7), 8), ((1, 2, 5, 3), 4), ((1, 1, 4, 4), 1), ((1, 1, 1, 1), 3)]:  # fmt: skip
        output = resample_patch_embed(torch.tensor(numbers(*shape)), [size, size])
        yield {"shape": shape, "patchSize": size, "output": rounded(output)}


def timm_channels():
    import torch
    from timm.models._manipulate import adapt_input_conv

    for channels in [1, 2, 4, 7]:
        output = adapt_input_conv(channels, torch.tensor(numbers(2, 3, 2, 3)))
        yield {"shape": (2, 3, 2, 3), "channels": channels, "output": rounded(output)}


if sys.argv[1:] == ["paddle"]:
    fixture = json.loads(path.read_text())
    fixture["positions"] = [case for case in fixture["positions"] if case["method"] != "paddlevit"]
    fixture["positions"] += paddle_positions()
else:
    fixture = {
        "features": features,
        "positions": [
            *timm_positions(), *torchvision_positions(), *huggingface_positions(), *openclip_positions(), *google_positions(),
        ],
        "kernels": [*timm_kernels()],
        "channels": [*timm_channels()],
    }
lines = [f'"{key}": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]" for key, cases in fixture.items() if key != "features"]
path.write_text(f'{{\n"features": {features},\n' + ",\n".join(lines) + "\n}\n")
