"""Writes test/fixtures/random-crops.json: how torchvision's RandomResizedCrop spreads its crops over pictures of some sizes.

For each size and each quantity: points [value, share of the draws that are not above it]. Run with torchvision installed.
"""

import json
import pathlib

import numpy as np
import torch
from torchvision.transforms import RandomResizedCrop

DRAWS = 60000
path = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'random-crops.json'


def distribution(values):
    points = np.unique(np.quantile(values, np.linspace(0.1, 0.9, 9), method='inverted_cdf'))
    return [[float(point), round(float(np.mean(values <= point)), 4)] for point in points]


def crops(height, width, scale):
    image = torch.empty(3, height, width)
    draws = [RandomResizedCrop.get_params(image, scale, (3 / 4, 4 / 3)) for _ in range(DRAWS)]
    top, left, crop_height, crop_width = np.array(draws).T
    return {
        'height': height,
        'width': width,
        'scale': scale,
        'area': distribution(crop_height * crop_width),
        'cropWidth': distribution(crop_width),
        'top': distribution(top),
        'left': distribution(left),
    }


torch.manual_seed(0)
sizes = [(256, 384, (0.08, 1.0)), (90, 40, (0.08, 1.0)), (20, 200, (0.5, 1.0)), (5, 6, (0.08, 1.0))]
path.write_text(json.dumps([crops(*size) for size in sizes]) + '\n')
