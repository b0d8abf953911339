"""Writes test/fixtures/preprocess.json: generated pictures and what torchvision's steps, done with Pillow, make of them.

Evaluation: Resize, CenterCrop. Training: crop, resize, mirror. All values are RGB bytes, base64, [height, width, 3].
Widths are resized before heights, as every Pillow up to 12 does; Pillow 13 takes the cheaper order, which may differ
where the aspect changes.
Run with Pillow and NumPy installed.
"""

import base64
import json
import pathlib

import numpy as np
from PIL import Image, ImageOps

path = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'preprocess.json'
filters = {'bicubic': Image.BICUBIC, 'bilinear': Image.BILINEAR}


def picture(height, width):
    """Waves of several lengths, edges and some noise: something for the filters to do."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(height * width).integers(-30, 30, (height, width, 3))
    waves = [128 + 120 * np.sin(x / 2 + y / 5), 255.0 * ((x // 4 + y // 3) % 2), 128 + 127 * np.cos(x * y / 40)]
    return Image.fromarray((np.stack(waves, -1) + noise).clip(0, 255).astype(np.uint8))


def resize(image, size, resample):
    width, height = size
    return image.resize((width, image.height), filters[resample]).resize((width, height), filters[resample])


def resized_size(image, target):
    if 'shortestEdge' not in target:
        return target['width'], target['height']
    short, long = sorted(image.size)
    size, other = target['shortestEdge'], int(target['shortestEdge'] * long / short)
    return (size, other) if image.width <= image.height else (other, size)


def centre_crop(image, height, width):
    top = int(round((image.height - height) / 2.0))
    left = int(round((image.width - width) / 2.0))
    return image.crop((left, top, left + width, top + height))


def encoded(image):
    return {'height': image.height, 'width': image.width, 'rgb': base64.b64encode(image.tobytes()).decode()}


def evaluation(size, target, crop, resample):
    image = picture(*size)
    result = centre_crop(resize(image, resized_size(image, target), resample), *crop)
    config = {'resize': target, 'crop': {'height': crop[0], 'width': crop[1]}, 'resample': resample}
    return {**config, 'image': encoded(image), 'expected': encoded(result)}


def training(size, crop, flip, target_size, resample):
    image = picture(*size)
    top, left, height, width = crop
    result = resize(image.crop((left, top, left + width, top + height)), target_size[::-1], resample)
    result = ImageOps.mirror(result) if flip else result
    config = {'resample': resample, 'box': {'top': top, 'left': left, 'height': height, 'width': width}, 'flip': flip}
    return {**config, 'image': encoded(image), 'expected': encoded(result)}


fixtures = {
    'evaluation': {
        'shrinks the short side of a wide picture': evaluation((19, 28), {'shortestEdge': 14}, (11, 11), 'bicubic'),
        'shrinks the short side of a tall picture': evaluation((31, 22), {'shortestEdge': 15}, (12, 14), 'bilinear'),
        'enlarges a small picture': evaluation((7, 9), {'shortestEdge': 13}, (12, 12), 'bicubic'),
        'takes the middle of a strip': evaluation((3, 60), {'shortestEdge': 13}, (12, 10), 'bicubic'),
        'takes a picture one pixel wide': evaluation((12, 1), {'shortestEdge': 8}, (5, 5), 'bilinear'),
        'resizes to a height and a width': evaluation((22, 26), {'height': 11, 'width': 16}, (11, 16), 'bicubic'),
        'keeps a picture of the right size': evaluation((14, 14), {'shortestEdge': 14}, (11, 9), 'bicubic'),
    },
    'training': {
        'shrinks a part': training((27, 20), (5, 3, 19, 14), False, (12, 12), 'bicubic'),
        'enlarges and mirrors a part': training((14, 18), (0, 9, 6, 9), True, (9, 13), 'bicubic'),
        'widens a part': training((30, 12), (2, 1, 25, 9), False, (12, 12), 'bicubic'),
        'mirrors the whole, bilinear': training((20, 21), (0, 0, 20, 21), True, (12, 12), 'bilinear'),
    },
}
path.write_text(json.dumps(fixtures, indent=1) + '\n')
