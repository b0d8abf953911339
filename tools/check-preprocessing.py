"""Compares Vitrine's preprocessing with the libraries' own on random pairs of photo and config, and prints a table.

    python tools/check-preprocessing.py PHOTOS [--pairs 500] [--seed 0]

PHOTOS is a folder with JPEG files at any depth. Needs `npm run build`, and what preprocess_reference.py needs. Fails if a
byte is off by more than one before normalising.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

from preprocess_reference import huggingface, reference

torch.set_num_threads(1)
here = pathlib.Path(__file__).parent


def picture(photos):
    """A photo, part of one, or something odd made of it; and what it is."""
    photo = Image.open(random.choice(photos)).convert('RGB')
    width, height = photo.size

    def part(w, h):
        w, h = min(w, width), min(h, height)
        left, top = random.randint(0, width - w), random.randint(0, height - h)
        return photo.crop((left, top, left + w, top + h))

    kind = random.choice(['photo', 'photo', 'part', 'part', 'tiny', 'strip', 'long', 'huge', 'noise'])
    if kind == 'part':
        photo = part(random.randint(13, 401), random.randint(13, 401))
    elif kind == 'tiny':
        photo = part(random.randint(1, 12), random.randint(1, 12))
    elif kind == 'strip':
        photo = part(*random.choice([(1, random.randint(2, 40)), (random.randint(2, 40), 1)]))
    elif kind == 'long':
        photo = part(*random.choice([(width, random.randint(9, 40)), (random.randint(9, 40), height)]))
    elif kind == 'huge':
        photo = photo.resize((random.randint(1500, 3000), random.randint(1500, 3000)), Image.BICUBIC)
    elif kind == 'noise':
        size = (random.randint(2, 200), random.randint(2, 200), 3)
        photo = Image.fromarray(np.random.default_rng(random.getrandbits(32)).integers(0, 256, size, dtype=np.uint8))
    return kind, photo


def colours(channels=3):
    return [round(random.uniform(0.2, 0.7), 3) for _ in range(channels)]


def size(least=16, most=300):
    return {'height': random.randint(least, most), 'width': random.randint(least, most)}


def some(**fields):
    """Each field by chance: files leave out much."""
    return {name: value for name, value in fields.items() if random.random() < 0.6}


def usual():
    fields = some(
        resample=random.choice([0, 1, 2, 3, 3]),
        do_rescale=random.random() < 0.8,
        rescale_factor=random.choice([1 / 255, 1 / 127.5, 0.5 / 255]),
        do_normalize=random.random() < 0.8,
        image_mean=colours(),
        image_std=colours(),
        do_resize=True,
        do_pad=None,
        pad_size=None,
        device=None,
    )
    if random.random() < 0.1:
        fields |= {'do_normalize': True, 'image_mean': colours(1), 'image_std': colours(1), 'do_convert_rgb': False}
    return fields


def variant(name):
    return name + random.choice(['ImageProcessor', 'ImageProcessor', 'ImageProcessorFast', 'FeatureExtractor'])


def hf(name, **fields):
    key = random.choice(['image_processor_type', 'feature_extractor_type'])
    return 'huggingface', {key: variant(name), **usual(), **fields}


def edge(most=300):
    return random.randint(16, most)


def short_side():
    return random.choice([edge(), {'shortest_edge': edge()}])


def fixed_side():
    return random.choice([edge(), size(), [edge(), edge()]])


def vit():
    return hf('ViT', **some(size=fixed_side()))


def vit_without_type():
    return 'huggingface', {'size': edge(), **usual()}


def cropped(name):
    return hf(name, **some(size=short_side(), crop_size=random.choice([edge(), size()])))


def timm(mode):
    channels = random.choice([3, 3, 3, 1])
    input_size = [channels, edge(), edge()] if random.random() < 0.3 else [channels] + [edge()] * 2
    fields = {
        'input_size': input_size,
        'crop_mode': mode,
        **some(interpolation=random.choice(['bilinear', 'bicubic', 'lanczos'])),
        **some(crop_pct=random.choice([0.875, 0.9, 0.95, 1.0, 1.1, round(random.uniform(0.6, 1), 3)])),
    }
    if channels == 1 or random.random() < 0.7:
        fields |= {'mean': colours(channels), 'std': colours(channels)}
    return 'timm', fields if random.random() < 0.3 else {'architecture': 'vit', 'pretrained_cfg': fields}


kinds = {
    'ViT': vit,
    'no type, size a number': vit_without_type,
    'DeiT': lambda: hf('DeiT', **some(size=fixed_side(), crop_size=random.choice([edge(), size()]))),
    'Beit': lambda: hf('Beit', do_center_crop=True, **some(size=fixed_side(), crop_size=edge())),
    'CLIP': lambda: cropped('CLIP'),
    'Bit (DINOv2)': lambda: cropped('Bit'),
    'Siglip': lambda: hf('Siglip', **some(size=size())),
    'Blip': lambda: hf('Blip', **some(size=fixed_side())),
    'ConvNext': lambda: hf('ConvNext', size=short_side(), **some(crop_pct=round(random.uniform(0.7, 1), 3))),
    'ConvNext from 384': lambda: hf('ConvNext', size={'shortest_edge': random.randint(384, 420)}),
    'MobileViT (BGR)': lambda: (
        'huggingface',
        {
            'image_processor_type': 'MobileViTImageProcessor',
            **some(size=short_side(), crop_size=edge(), resample=random.choice([1, 2, 3])),
        },
    ),
    'ViT padded to a size': lambda: hf(
        'ViT', size={'max_height': edge(200), 'max_width': edge(200)}, do_pad=True, pad_size={'height': 200, 'width': 220}
    ),
    'DeiT without resizing': lambda: hf('DeiT', do_resize=False, do_center_crop=True, crop_size=size()),
    'timm center': lambda: timm('center'),
    'timm squash': lambda: timm('squash'),
    'timm border': lambda: timm('border'),
    'torchvision preset': lambda: ('torchvision', random.choice([224, 224, 384, 518])),
    'tf.image.resize': lambda: ('google', edge()),
}


def draw(kind, photos, path):
    """Writes a picture and its reference to files; or gives None where the library itself refuses the pair."""
    what, image = picture(photos)
    # The libraries compute all of a long strip before they cut it.
    if max(image.size) > 40 * min(image.size):
        image = image.crop((0, 0, *[min(length, 40 * min(image.size)) for length in image.size]))
    library, config = kinds[kind]()
    try:
        expected = reference(library, config, image)
    except (ValueError, RuntimeError):
        return None
    path.with_suffix('.image').write_bytes(image.tobytes())
    path.with_suffix('.expected').write_bytes(expected.astype('<f4').tobytes())
    case = {'name': path.name, 'kind': kind, 'picture': what, 'library': library, 'config': config}
    if library == 'huggingface':
        other = huggingface(config, image, 'pil')
        case['slow'] = float(np.abs(other - expected).max()) if other.shape == expected.shape else None
    return {**case, 'width': image.width, 'height': image.height, 'shape': expected.shape}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('photos', type=pathlib.Path)
    parser.add_argument('--pairs', type=int, default=500)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    random.seed(options.seed)
    photos = sorted(path for path in options.photos.rglob('*') if path.suffix.lower() in ('.jpg', '.jpeg'))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        cases = []
        while len(cases) < options.pairs:
            case = draw(list(kinds)[len(cases) % len(kinds)], photos, folder / str(len(cases)))
            cases += [case] if case else []
        (folder / 'cases.json').write_text(json.dumps(cases))
        sys.exit(subprocess.run(['node', here / 'check-preprocessing.mjs', folder]).returncode)


main()
