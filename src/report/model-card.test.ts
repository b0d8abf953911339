import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultPreprocessor } from '../image/index.js'
import { ViT, type ViTConfig } from '../nn/index.js'
import { evaluationOf } from '../testing/evaluation.js'
import { defaultRecipe } from '../train/index.js'
import { type ModelCardData, renderModelCard } from './model-card.js'

function cardOf(labels: string[], changes: Partial<ModelCardData> = {}, options: Partial<ViTConfig> = {}): string {
  const small = { imageSize: 32, patchSize: 16, numClasses: labels.length, embedDim: 8, depth: 1, numHeads: 2 }
  const vit = new ViT({ ...small, ...options }, 0)
  const confusion = labels.map((_, i) => labels.map((_, j) => (i === j ? 8 : j === (i + 1) % labels.length ? 2 : 0)))
  return renderModelCard({
    title: 'Flowers',
    model: { vit, labels, preprocessor: defaultPreprocessor(32), pretrained: true },
    evaluation: evaluationOf(labels, confusion),
    recipe: defaultRecipe,
    settings: { pictures: 'flower_photos' },
    ...changes,
  })
}

test('the metadata says what the hub asks for', () => {
  const [, metadata] = cardOf(['daisy', 'roses']).split('---\n')
  for (const line of ['pipeline_tag: image-classification', '- onnx', '- vitrine', '- accuracy', '      value: 0.8000'])
    assert.ok(metadata!.split('\n').includes(line), line)
  assert.doesNotMatch(metadata!, /license/)
})

test('a title cannot leave its line of metadata', () => {
  const [, metadata] = cardOf(['a', 'b'], { title: 'x: "y"\n---\n# z' }).split('\n---\n')
  assert.match(metadata ?? '', /^\n# x: "y" --- \\# z\n/)
})

test('class names stay text', () => {
  const card = cardOf(['<script>alert(1)</script>', 'a|b\n# c', '[x](https://y) *z* www.w'])
  assert.ok(card.includes('| \\<script\\>alert\\(1\\)\\</script\\> | 10 | 80.0 % | 80.0 % | 80.0 % |'))
  assert.ok(card.includes('| a\\|b \\# c | 10 |'))
  assert.ok(card.includes('| \\[x\\]\\(https\\://y\\) \\*z\\* www\\.w | 10 |'))
})

test('training and preprocessing are told', () => {
  const card = cardOf(['daisy', 'roses'])
  for (const part of [
    '| pictures | flower\\_photos |',
    `| learningRate | ${defaultRecipe.learningRate} |`,
    'image.resize([35 * edge // min(',
    'crop((left, top, left + 32',
  ])
    assert.ok(card.includes(part), part)
})

test('a card names the libraries alone that load the folder', () => {
  const loadedBy = (options: Partial<ViTConfig>) => {
    const card = cardOf(['daisy', 'roses'], {}, options)
    return [/from transformers import/.test(card), /@huggingface\/transformers/.test(card)]
  }
  assert.deepEqual(loadedBy({}), [true, true])
  // timm has it, and transformers goes to timm.
  assert.deepEqual(loadedBy({ qkNorm: true }), [true, false])
  // Only the graph has its head.
  assert.deepEqual(loadedBy({ head: 'mlp' }), [false, true])
  assert.deepEqual(loadedBy({ head: 'mlp', qkNorm: true }), [false, false])
})

test('a card without evaluation claims nothing', () => {
  const evaluation = evaluationOf(
    ['a', 'b'],
    [
      [0, 0],
      [0, 0],
    ],
  )
  const card = cardOf(['a', 'b'], { evaluation })
  assert.match(card, /It was not evaluated/)
  assert.doesNotMatch(card, /model-index|%\s/)
})
