"""What other libraries make of a picture, as bytes before normalising: the references of make-preprocess-fixtures.py and
check-preprocessing.py. Run with torch, torchvision, transformers, timm and Pillow installed."""

import re
import warnings

import numpy as np
import timm.data
import torch
import torchvision
import transformers

warnings.filterwarnings('ignore')
transformers.logging.set_verbosity_error()


def to_bytes(pixels, mean, std, factor):
    """[channels, height, width] as a model gets it → [height, width, channels] in 0 to 255, floats."""
    pixels = np.asarray(pixels, np.float64)
    mean, std = np.broadcast_to(mean, len(pixels)), np.broadcast_to(std, len(pixels))
    return ((pixels * np.reshape(std, (-1, 1, 1)) + np.reshape(mean, (-1, 1, 1))) / factor).transpose(1, 2, 0)


def huggingface(config, image, backend='torchvision'):
    """transformers' own processor, with its backend for tensors by default, as AutoImageProcessor takes it."""
    name = config.get('image_processor_type') or config.get('feature_extractor_type') or 'ViTImageProcessor'
    name = re.sub(r'(ImageProcessor(Fast)?|FeatureExtractor)$', '', name) + 'ImageProcessor'
    processor = getattr(transformers, name + ('Pil' if backend == 'pil' else ''))(**config)
    grey = processor.do_normalize and len(np.atleast_1d(processor.image_mean)) == 1
    image = image.convert('L') if grey else image
    pixels = processor(image, return_tensors='np')['pixel_values'][0]
    factor = processor.rescale_factor if processor.do_rescale else 1
    mean, std = (processor.image_mean, processor.image_std) if processor.do_normalize else (0, 1)
    return to_bytes(pixels, mean, std, factor)


def timm_transform(config, image):
    """timm's evaluation transform, as its inference script makes it of a config."""
    config = timm.data.resolve_data_config({}, pretrained_cfg=config.get('pretrained_cfg', config))
    pixels = timm.data.create_transform(**config)(image.convert('L') if config['input_size'][0] == 1 else image)
    return to_bytes(pixels, config['mean'], config['std'], 1 / 255)


def torchvision_preset(size, image):
    weights = {
        224: torchvision.models.ViT_B_16_Weights.IMAGENET1K_V1,
        384: torchvision.models.ViT_B_16_Weights.IMAGENET1K_SWAG_E2E_V1,
        518: torchvision.models.ViT_H_14_Weights.IMAGENET1K_SWAG_E2E_V1,
    }
    transform = weights[size].transforms()
    return to_bytes(transform(image), transform.mean, transform.std, 1 / 255)


def tensorflow_resize(size, image):
    """tf.image.resize's default: bilinear between half-pixel centres, without antialiasing; PyTorch has the same."""
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
    resized = torch.nn.functional.interpolate(pixels, (size, size), mode='bilinear', align_corners=False)
    return to_bytes(resized[0], 0, 1, 1)


def reference(library, config, image):
    """Bytes as floats [height, width, channels] for a config file's content, or a size for presets."""
    functions = {
        'huggingface': huggingface,
        'timm': timm_transform,
        'torchvision': torchvision_preset,
        'google': tensorflow_resize,
    }
    return functions[library](config, image)
