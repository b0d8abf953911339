"""Writes test/fixtures/convert-pixels.json: pixels that were normalised for one model, as PyTorch makes them another's.

Each case goes back to the values before normalising, resizes with PyTorch's antialiased filters, and normalises anew.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

path = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'convert-pixels.json'
half, imagenet = ([0.5] * 3, [0.5] * 3), ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
base = dict(size=[12, 12], rescale=1 / 255, order='rgb', resample='bicubic')


def config(statistics, **changes):
    return {**base, 'mean': statistics[0], 'std': statistics[1], **changes}


cases = {
    'statistics': [config(half), config(imagenet)],
    'larger': [config(half), config(imagenet, size=[20, 16])],
    'smaller': [config(imagenet), config(half, size=[7, 8], resample='bilinear')],
    'caffe': [config(imagenet), config(([103.9, 116.8, 123.7], [1.0, 1.0, 1.0]), rescale=1.0, order='bgr')],
    'grey to colours': [config(([0.4], [0.3])), config(imagenet, size=[9, 9])],
    'colours to grey': [config(imagenet), config(([0.4], [0.3]), resample='bilinear', size=[9, 10])],
}


def per_channel(values):
    return torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1, 1)


def convert(pixels, source, target):
    x = (pixels * per_channel(source['std']) + per_channel(source['mean'])) / source['rescale']  # bytes
    rgb = x.flip(1) if source['order'] == 'bgr' else x
    if len(target['mean']) == 1 and rgb.shape[1] == 3:
        rgb = (rgb * per_channel([0.299, 0.587, 0.114])).sum(1, keepdim=True)
    if len(target['mean']) == 3:
        rgb = rgb.expand(-1, 3, -1, -1)
    x = rgb.flip(1) if target['order'] == 'bgr' else rgb
    x = F.interpolate(x, target['size'], mode=target['resample'], antialias=True)
    return (x * target['rescale'] - per_channel(target['mean'])) / per_channel(target['std'])


def example(source, target):
    shape = [2, len(source['mean']), *source['size']]
    pixels = torch.arange(torch.Size(shape).numel(), dtype=torch.float64).mul(0.7).sin().mul(2).reshape(shape)
    result = convert(pixels, source, target)
    return dict(source=source, target=target, shape=list(result.shape),
                values=[round(v, 6) for v in result.flatten().tolist()])


path.write_text(json.dumps({name: example(*case) for name, case in cases.items()}) + '\n')
