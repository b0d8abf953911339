import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preparationDifference } from './difference.js'
import { defaultPreprocessor, type PreprocessorConfig } from './preprocessor-config.js'
import { parseTimmConfig } from './timm-preprocessor.js'
import { toTimmFields } from './write-timm-preprocessor.js'

const readBack = (config: PreprocessorConfig) =>
  parseTimmConfig({ pretrained_cfg: toTimmFields(config) }, 'config.json')
const square = (size: number) => ({ height: size, width: size })

test("timm's fields say the same as what they were made of", () => {
  const config = defaultPreprocessor(224)
  const cases: PreprocessorConfig[] = [
    config,
    { ...config, resize: square(256), resample: 'lanczos' },
    { ...config, resize: square(224), resample: 'bilinear' },
    { ...config, resize: { ...square(224), fit: 'inside', rounding: 'round' }, fill: [128, 128, 128] },
    { ...config, mean: [0.1], std: [0.2] },
  ]
  for (const wanted of cases) assert.deepEqual(readBack(wanted), wanted)
})

test('crop_pct is the shortest fraction that gives the size', () => {
  const cropPct = (size: number, edge: number) =>
    toTimmFields({ ...defaultPreprocessor(size), resize: { shortestEdge: edge } }).crop_pct
  assert.deepEqual([cropPct(224, 248), cropPct(224, 256), cropPct(224, 224)], [0.9, 0.875, 1])
  for (let size = 16; size < 600; size += 7)
    for (let edge = size; edge < 2 * size; edge += 3)
      assert.equal(Math.floor(size / Number(cropPct(size, edge))), edge, `${size} of ${edge}`)
})

test('a scale that timm does not have goes into mean and deviation', () => {
  const fields = toTimmFields({
    ...defaultPreprocessor(32),
    rescaleFactor: 1,
    mean: [127.5, 0, 255],
    std: [255, 51, 1],
  })
  assert.deepEqual(
    [fields.mean, fields.std],
    [
      [0.5, 0, 1],
      [1, 0.2, 1 / 255],
    ],
  )
})

test('how far two preparations are apart', () => {
  const config = defaultPreprocessor(224)
  assert.equal(preparationDifference(config, { ...config, align: 'centre' }), 'none')
  assert.equal(preparationDifference(config, { ...config, resizer: 'torch', align: 'centreFloor' }), 'rounding')
  assert.equal(preparationDifference(config, { ...config, resizer: 'tensorflow' }), 'visible')
  assert.equal(preparationDifference(config, { ...config, channelOrder: 'bgr' }), 'visible')
  assert.equal(preparationDifference(config, { ...config, align: 'corner' }), 'visible')
})
