"""Writes test/fixtures/decode.json: small images of many kinds, and the pixels that Pillow reads from them.

Each entry has the file (base64), and the size and RGB bytes (base64) of
ImageOps.exif_transpose(image).convert('RGB'). Run with Pillow and NumPy installed.
"""

import base64
import io
import json
import pathlib
import struct

import numpy as np
from PIL import Image, ImageCms, ImageOps

HEIGHT, WIDTH = 11, 18
target = pathlib.Path(__file__).parent.parent / 'test' / 'fixtures' / 'decode.json'


def picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    channels = [x * 12 + y, 255 - y * 20 + x, 128 + 100 * np.sin(x / 3 + y / 2)]
    return Image.fromarray(np.stack(channels, -1).clip(0, 255).astype(np.uint8))


def swapped_primaries():
    """An sRGB profile whose red and blue are exchanged: whoever applies it gets quite other colours."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes())
    entries = {}
    for i in range(struct.unpack_from('>I', profile, 128)[0]):
        start = 132 + 12 * i
        entries[bytes(profile[start:start + 4])] = start + 4
    red, blue = entries[b'rXYZ'], entries[b'bXYZ']
    profile[red:red + 8], profile[blue:blue + 8] = profile[blue:blue + 8], profile[red:red + 8]
    return bytes(profile)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


rgb = picture()
rgba = rgb.copy()
rgba.putalpha(Image.fromarray(np.tile(np.arange(WIDTH, dtype=np.uint8) * 14, (HEIGHT, 1))))
exif = Image.Exif()
exif[0x0112] = 6

files = {
    'baseline.jpg': encoded(rgb, 'JPEG', quality=90),
    'progressive.jpg': encoded(rgb, 'JPEG', quality=80, progressive=True),
    'grey.jpg': encoded(rgb.convert('L'), 'JPEG', quality=90),
    'cmyk.jpg': encoded(rgb.convert('CMYK'), 'JPEG', quality=90),
    'exif.jpg': encoded(rgb, 'JPEG', quality=90, exif=exif),
    'profile.jpg': encoded(rgb, 'JPEG', quality=90, icc_profile=swapped_primaries()),
    'rgba.png': encoded(rgba, 'PNG'),
    'grey-alpha.png': encoded(rgba.convert('LA'), 'PNG'),
    'palette-transparent.png': encoded(rgb.quantize(16), 'PNG', transparency=3),
    'one-bit.png': encoded(rgb.convert('1'), 'PNG'),
    'lossy.webp': encoded(rgb, 'WEBP', quality=80),
    'animated.gif': encoded(rgb.quantize(16), 'GIF', save_all=True, append_images=[ImageOps.mirror(rgb).quantize(16)]),
    'lzw.tiff': encoded(rgb, 'TIFF', compression='tiff_lzw'),
}


def entry(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert('RGB')
    return {
        'file': base64.b64encode(data).decode(),
        'width': image.width,
        'height': image.height,
        'rgb': base64.b64encode(image.tobytes()).decode(),
    }


target.write_text(json.dumps({name: entry(data) for name, data in files.items()}, indent=1) + '\n')
