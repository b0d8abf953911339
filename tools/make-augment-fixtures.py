"""Writes test/fixtures/augment.json: small pictures and what Pillow, torchvision and timm make of them, operation by
operation, and how timm spreads what it draws by chance. Run with pillow, torchvision and timm installed."""

import base64
import json
import pathlib

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps
from timm.data import auto_augment as timm_ops
from timm.data.distributed_sampler import RepeatAugSampler
from timm.data.mixup import Mixup, cutmix_bbox_and_lam
from timm.data.random_erasing import RandomErasing
from torchvision.transforms import functional as F

path = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'augment.json'
FILL = (124, 116, 104)


def pictures():
    """Colourful waves with noise, and a dull picture with a flat part."""
    random = np.random.default_rng(0)
    height, width = 19, 24
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 120 * np.sin(x / (3 + c) + y / (5 - c) + c) for c in range(3)]
    colourful = np.stack(waves, 2) + random.normal(0, 12, (height, width, 3))
    dull = np.stack([60 + 3 * x, 90 + y + x, 100 + 0 * x], 2) + random.integers(0, 9, (height, width, 3))
    dull[4:12, 5:15] = (200, 40, 90)
    return {
        'colourful': Image.fromarray(np.clip(colourful, 0, 255).astype(np.uint8)),
        'dull': Image.fromarray(dull.astype(np.uint8)),
    }


def operations(image):
    """[name, parameter, picture], and for transforms the way of sampling."""
    for factor in (0.1, 0.37, 1.0, 1.63, 1.9):
        yield 'brightness', factor, F.adjust_brightness(image, factor)
        yield 'contrast', factor, F.adjust_contrast(image, factor)
        yield 'saturation', factor, F.adjust_saturation(image, factor)
        yield 'sharpness', factor, timm_ops.sharpness(image, factor)
    for shift in (-0.5, -0.21, 0.0, 0.1, 0.33):
        yield 'hue', shift, F.adjust_hue(image, shift)
    yield 'autocontrast', None, timm_ops.auto_contrast(image)
    yield 'equalize', None, timm_ops.equalize(image)
    yield 'invert', None, timm_ops.invert(image)
    yield 'grayscale', None, F.rgb_to_grayscale(image, 3)
    for bits in (1, 3, 8):
        yield 'posterize', bits, ImageOps.posterize(image, bits)
    for threshold in (0, 77, 128, 256):
        yield 'solarize', threshold, timm_ops.solarize(image, threshold)
    for amount in (40, 110):
        yield 'solarizeAdd', amount, timm_ops.solarize_add(image, amount)
    for radius in (0.1, 0.7, 1.3, 2.0, 9.5):
        yield 'gaussianBlur', radius, image.filter(ImageFilter.GaussianBlur(radius))
    for name, resample in (('bilinear', Image.BILINEAR), ('bicubic', Image.BICUBIC)):
        given = {'resample': resample, 'fillcolor': FILL}
        for degrees in (-27.3, 11.0, 90.0, 0.0):
            yield 'rotate', degrees, timm_ops.rotate(image, degrees, **given), name
        for factor in (-0.27, 0.135):
            yield 'shearX', factor, timm_ops.shear_x(image, factor, **given), name
            yield 'shearY', factor, timm_ops.shear_y(image, factor, **given), name
            yield 'translateX', factor, timm_ops.translate_x_rel(image, factor, **given), name
            yield 'translateY', factor, timm_ops.translate_y_rel(image, factor, **given), name


def encode(image):
    return base64.b64encode(np.asarray(image).tobytes()).decode()


def case(name, parameter, image, resample=None):
    return {'name': name, 'parameter': parameter, **({'resample': resample} if resample else {}), 'data': encode(image)}


def points(values):
    values = np.asarray(values, dtype=float)
    found = np.unique(np.quantile(values, np.linspace(0.05, 0.95, 10), method='inverted_cdf'))
    return [[float(point), round(float(np.mean(values <= point + 1e-9)), 4)] for point in found]


def mix(options, height, width, draws=40000):
    """timm's Mixup, batch by batch: lambda and, for cutmix, the box."""
    mixup = Mixup(options['mixup'], options['cutmix'], prob=options['probability'], switch_prob=options['switchProbability'])
    lambdas, heights, tops = [], [], []
    for _ in range(draws):
        value, use_cutmix = mixup._params_per_batch()
        if use_cutmix:
            (top, bottom, _, _), value = cutmix_bbox_and_lam((1, 3, height, width), value)
            heights.append(bottom - top)
            tops.append(top)
        lambdas.append(value)
    result = {'options': options, 'height': height, 'width': width, 'lambda': points(lambdas)}
    return {**result, 'boxes': len(heights) / draws, **({'boxHeight': points(heights), 'top': points(tops)} if heights else {})}


def erasing(height, width, draws=20000):
    """Heights and shares of the area of timm's boxes, of the pictures that get one."""
    torch.manual_seed(0)
    erase = RandomErasing(probability=0.25, mode='const', device='cpu')
    shares, heights = [], []
    for _ in range(draws):
        erased = (erase(torch.ones(1, height, width)) == 0)[0]
        shares.append(float(erased.float().mean()))
        heights.append(int(erased.any(1).sum()))
    return {'height': height, 'width': width, 'probability': 0.25, 'share': points(shares), 'boxHeight': points(heights)}


def levels(draws=20000):
    """What timm's operations get for their parameters, by magnitude with its noise."""
    result = []
    for increasing in (True, False):
        for name in timm_ops.rand_augment_choices('', increasing):
            if timm_ops.LEVEL_TO_ARG[name] is None:
                continue
            found = []
            op = timm_ops.AugmentOp(name, 1.0, 9, {'magnitude_std': 0.5, 'img_mean': FILL})
            op.aug_fn = lambda image, *args, **_: found.append(args[0])
            for _ in range(draws):
                op(None)
            result.append({'name': name, 'increasing': increasing, 'parameter': points(found)})
    return result


def main():
    np.random.seed(0)
    timm_ops.random.seed(0)
    found = {
        'fill': FILL,
        'pictures': {
            name: {
                'width': image.width,
                'height': image.height,
                'data': encode(image),
                'operations': [case(*operation) for operation in operations(image)],
            }
            for name, image in pictures().items()
        },
        'mix': [
            mix({'mixup': 0.8, 'cutmix': 1.0, 'probability': 1.0, 'switchProbability': 0.5}, 32, 24),
            mix({'mixup': 0.2, 'cutmix': 0.0, 'probability': 0.7, 'switchProbability': 0.5}, 32, 32),
            mix({'mixup': 0.0, 'cutmix': 0.3, 'probability': 0.9, 'switchProbability': 0.5}, 40, 20),
        ],
        'erasing': erasing(32, 24),
        'levels': levels(),
        'repeats': [
            {'samples': n, 'repeats': r, 'order': list(RepeatAugSampler(range(n), 1, 0, False, r, selected_round=0))}
            for n, r in ((10, 3), (7, 2), (8, 1.5))
        ],
    }
    path.write_text(json.dumps(found) + '\n')


main()
