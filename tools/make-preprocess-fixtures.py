"""Writes test/fixtures/preprocess.json: generated pictures, and what the libraries' own preprocessing makes of them.

Evaluation: config files of transformers and timm, presets of torchvision, tf.image.resize. Training: crop, resize, mirror,
by Pillow. All values are bytes before normalising, base64, [height, width, channels]. Pillow is to be 13 or newer, whose
resizing takes heights first in some pictures. Run with what preprocess_reference.py needs installed.
"""

import base64
import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

from preprocess_reference import reference

path = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'preprocess.json'
filters = {'bicubic': Image.BICUBIC, 'bilinear': Image.BILINEAR}


def picture(height, width):
    """Waves of several lengths, edges and some noise: something for the filters to do."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(height * width).integers(-30, 30, (height, width, 3))
    waves = [128 + 120 * np.sin(x / 2 + y / 5), 255.0 * ((x // 4 + y // 3) % 2), 128 + 127 * np.cos(x * y / 40)]
    return Image.fromarray((np.stack(waves, -1) + noise).clip(0, 255).astype(np.uint8))


def encoded(values):
    values = np.asarray(values)
    height, width, channels = values.shape
    data = base64.b64encode(values.round().astype(np.uint8).tobytes()).decode()
    return {'height': height, 'width': width, 'channels': channels, 'data': data}


def evaluation(library, image_size, config):
    image = picture(*image_size)
    expected = encoded(reference(library, config, image))
    return {'library': library, 'config': config, 'image': encoded(image), 'expected': expected}


def hf(processor, image_size, **fields):
    return evaluation('huggingface', image_size, {'image_processor_type': f'{processor}ImageProcessor', **fields})


def timm(image_size, input_size, **fields):
    return evaluation('timm', image_size, {'input_size': input_size, **fields})


def training(size, crop, flip, target_size, resample):
    image = picture(*size)
    top, left, height, width = crop
    part = image.crop((left, top, left + width, top + height))
    result = part.resize(target_size[::-1], filters[resample])
    result = ImageOps.mirror(result) if flip else result
    config = {'resample': resample, 'box': {'top': top, 'left': left, 'height': height, 'width': width}, 'flip': flip}
    return {**config, 'image': encoded(image), 'expected': encoded(result)}


small = {'height': 12, 'width': 15}
grey = {'image_mean': [0.3], 'image_std': [0.2], 'do_convert_rgb': False}
cases = {
    'evaluation': {
        'ViT: both sides, bilinear': hf('ViT', (29, 22), size=small),
        'ViT: a tall picture, widths first': hf('ViT', (61, 17), size=small, resample=3),
        'ViT: Lanczos': hf('ViT', (40, 33), size=small, resample=1),
        'ViT: nearest': hf('ViT', (40, 33), size=small, resample=0),
        'ViT: grey': hf('ViT', (20, 24), size=small, **grey),
        'ViT: neither rescaled nor normalised': hf('ViT', (8, 9), size=13, do_rescale=False, do_normalize=False),
        'ViT: into a corner, with padding': hf(
            'ViT', (10, 31), size={'max_height': 14, 'max_width': 14}, do_pad=True, pad_size={'height': 14, 'width': 14}
        ),
        'DeiT: both sides, then the middle rounded down': hf('DeiT', (23, 30), size=17, crop_size=12),
        'DeiT: no resizing, black borders': hf('DeiT', (9, 21), do_resize=False, crop_size=small),
        'CLIP: the short side of a wide picture': hf('CLIP', (19, 28), size=14, crop_size=11),
        'CLIP: one pixel wide': hf('CLIP', (12, 1), size=8, crop_size=5),
        'Bit: a crop larger than the picture': hf('Bit', (19, 28), size=9, crop_size=14),
        'Siglip: enlarges': hf('Siglip', (5, 7), size=small),
        'ConvNext: a margin is cut off': hf('ConvNext', (30, 41), size={'shortest_edge': 12}, crop_pct=0.8),
        'MobileViT: blue first': hf('MobileViT', (25, 21), size=14, crop_size=12),
        'timm: the short side of a tall picture': timm((31, 22), [3, 14, 14], crop_pct=0.9),
        'timm: a very tall picture, heights first': timm((75, 23), [3, 12, 12], crop_pct=1),
        'timm: the middle, half pixels to even': timm((20, 31), [3, 12, 12], crop_pct=0.8),
        'timm: oblong': timm((31, 22), [3, 16, 10], crop_pct=0.9, interpolation='bilinear'),
        'timm: squash': timm((22, 41), [3, 12, 12], crop_pct=0.9, crop_mode='squash', interpolation='lanczos'),
        'timm: border': timm((22, 41), [3, 14, 14], crop_pct=0.95, crop_mode='border'),
        'timm: grey': timm((22, 27), [1, 12, 12], mean=[0.4], std=[0.3]),
        'timm: a strip': timm((3, 60), [3, 12, 12]),
        'tf.image.resize': evaluation('google', (33, 21), 12),
    },
    'training': {
        'shrinks a part': training((27, 20), (5, 3, 19, 14), False, (12, 12), 'bicubic'),
        'enlarges and mirrors a part': training((14, 18), (0, 9, 6, 9), True, (9, 13), 'bicubic'),
        'shrinks heights and widens a part': training((30, 12), (2, 1, 25, 9), False, (12, 12), 'bicubic'),
        'mirrors the whole, bilinear': training((20, 21), (0, 0, 20, 21), True, (12, 12), 'bilinear'),
    },
}
path.write_text(json.dumps(cases, indent=1) + '\n')
