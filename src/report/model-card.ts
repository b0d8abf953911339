import type { PreprocessorConfig } from '../image/index.js'
import { type Evaluation, type Model, readersOf } from '../pipeline/index.js'
import type { Recipe } from '../train/index.js'
import { percent } from './format.js'
import { escapeMarkdown, markdownTable } from './markdown.js'

/** What a model card tells. Any text may come from file names, and is escaped. */
export interface ModelCardData {
  title: string
  model: Model
  evaluation: Evaluation
  recipe: Recipe
  /** What else there is to know of the training, such as where the pictures came from. */
  settings: Record<string, string>
}

/** With more classes, their scores are folded away. */
const longTable = 25

/**
 * The README.md of a run folder, with the metadata in YAML that the Hugging Face hub reads.
 * It names no licence: that depends on the pictures and on the weights training began with, so the author has to choose.
 */
export function renderModelCard({ title, model, evaluation, recipe, settings }: ModelCardData): string {
  const { vit, labels } = model
  const { height, width } = model.preprocessor.crop
  const training = Object.entries({ ...settings, ...recipe }).map(([name, value]) => [name, String(value)])
  const sections = [
    `# ${escapeMarkdown(title)}`,
    `A Vision Transformer that tells ${labels.length} classes of pictures apart. It has ` +
      `${vit.parameterCount.toLocaleString('en')} parameters, takes pictures of ${width} × ${height} pixels, ` +
      'and was trained with Vitrine.',
    '## Accuracy',
    accuracy(evaluation),
    '## Use',
    usage(model),
    '## Training',
    markdownTable(
      [{ head: 'setting' }, { head: 'value' }],
      training.map((row) => row.map(escapeMarkdown)),
    ),
    '`report.html` in this folder shows how training went, and pictures with the model’s answers.',
    '## Licence',
    'None is stated yet. Before you publish the model, choose one that suits the pictures it was trained on and the ' +
      'weights training began with, and add it above as `license:`.',
  ]
  return `${frontMatter(title, evaluation)}\n${sections.join('\n\n')}\n`
}

function accuracy({ count, accuracy, perClass, calibration }: Evaluation): string {
  if (count === 0) return 'It was not evaluated.'
  const scores = markdownTable(
    [
      { head: 'class' },
      { head: 'unseen pictures', numeric: true },
      { head: 'recall', numeric: true },
      { head: 'precision', numeric: true },
      { head: 'F1', numeric: true },
    ],
    perClass.map(({ label, count, predicted, recall, precision, f1 }) => [
      escapeMarkdown(label),
      String(count),
      percent(count > 0 ? recall : undefined),
      percent(predicted > 0 ? precision : undefined),
      percent(count > 0 ? f1 : undefined),
    ]),
  )
  return [
    `It names ${percent(accuracy)} of ${count.toLocaleString('en')} pictures right that it was not trained on. ` +
      `Its mean confidence is ${percent(calibration.confidence)} (expected calibration error ${percent(calibration.error)}).`,
    perClass.length > longTable ? `<details><summary>By class</summary>\n\n${scores}\n\n</details>` : scores,
    'Whatever a picture shows, the model names one of these classes. The figures hold for pictures like those it was ' +
      'trained on; others may fare worse.',
  ].join('\n\n')
}

/** https://huggingface.co/docs/hub/model-cards#model-card-metadata. Strings of JSON are strings of YAML too. */
function frontMatter(title: string, { count, accuracy }: Evaluation): string {
  const results = `model-index:
- name: ${JSON.stringify(title)}
  results:
  - task:
      type: image-classification
    dataset:
      name: pictures held out of training
      type: imagefolder
      split: validation
    metrics:
    - type: accuracy
      value: ${accuracy.toFixed(4)}
`
  return `---
library_name: transformers
pipeline_tag: image-classification
tags:
- vit
- image-classification
- onnx
- vitrine
metrics:
- accuracy
${count === 0 ? '' : results}---
`
}

function usage(model: Model): string {
  const { transformers, transformersJs } = readersOf(model)
  const ways = [
    withVitrine,
    withOnnxRuntime(model.preprocessor),
    ...(transformers ? [withTransformers] : []),
    ...(transformersJs ? [withTransformersJs] : []),
  ]
  return ways.join('\n\n')
}

const withVitrine = `With Vitrine, in this folder:

\`\`\`sh
npx vitrine predict . photo.jpg
\`\`\``

const withTransformers = `With transformers in Python:

\`\`\`python
from transformers import pipeline

classify = pipeline("image-classification", model=".")
print(classify("photo.jpg"))
\`\`\``

const withTransformersJs = `With Transformers.js, once the folder is on the hub (it resizes a little differently, so its scores differ a little too):

\`\`\`js
import { pipeline } from '@huggingface/transformers'

const classify = await pipeline('image-classification', 'YOUR_NAME/YOUR_MODEL', { dtype: 'fp32' })
console.log(await classify('photo.jpg'))
\`\`\``

function withOnnxRuntime(preprocessor: PreprocessorConfig): string {
  const steps = pillowSteps(preprocessor)
  const first = steps
    ? 'With ONNX Runtime in Python (`pip install onnxruntime pillow`):'
    : 'With ONNX Runtime in Python (`pip install onnxruntime pillow`), after `npx vitrine export . --output model.onnx --preprocessing`, which puts the preparation of pictures into the model:'
  const [file, input, value] = steps
    ? ['onnx/model.onnx', 'pixel_values', 'pixels.transpose(2, 0, 1)[np.newaxis]']
    : ['model.onnx', 'image', 'np.asarray(image)']
  return `${first}

\`\`\`python
import json
import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps

image = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
${steps ?? ''}
session = ort.InferenceSession("${file}")
(logits,) = session.run(["logits"], {"${input}": ${value}})
scores = np.exp(logits[0] - logits[0].max())
scores /= scores.sum()
classes = json.load(open("class_indices.json", encoding="utf-8"))
for i in scores.argsort()[:-6:-1]:
    print(f"{classes[str(i)]}: {scores[i]:.3f}")
\`\`\``
}

/** The preparation of a picture with Pillow, where a few lines of it do. */
function pillowSteps(preprocessor: PreprocessorConfig): string | undefined {
  const { resize, resample, crop, align = 'centre', channelOrder = 'rgb', rescaleFactor, mean, std } = preprocessor
  if ('fit' in resize || align === 'corner' || align === 'none' || channelOrder === 'bgr' || mean.length === 1)
    return undefined
  const [size, least] =
    'shortestEdge' in resize
      ? [`[${resize.shortestEdge} * edge // min(image.size) for edge in image.size]`, resize.shortestEdge]
      : [`[${resize.width}, ${resize.height}]`, Math.min(resize.width, resize.height)]
  if (Math.max(crop.width, crop.height) > least) return undefined
  const half = (margin: string) => (align === 'centre' ? `round(${margin} / 2)` : `${margin} // 2`)
  return `image = image.resize(${size}, Image.Resampling.${resample.toUpperCase()})
left, top = ${half(`(image.width - ${crop.width})`)}, ${half(`(image.height - ${crop.height})`)}
image = image.crop((left, top, left + ${crop.width}, top + ${crop.height}))
pixels = np.asarray(image, np.float32) * np.float32(${rescaleFactor})
pixels = (pixels - np.float32(${list(mean)})) / np.float32(${list(std)})
`
}

function list(values: readonly number[]): string {
  return `[${values.join(', ')}]`
}
