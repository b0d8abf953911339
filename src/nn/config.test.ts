import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeConfig, defaultConfig, ViT, type ViTConfig } from './index.js'

test('what is left out is ViT-B/16 at 224 pixels', () => {
  assert.deepEqual(completeConfig({}), defaultConfig)
  assert.deepEqual(completeConfig({ depth: 3 }), { ...defaultConfig, depth: 3 })
})

const mistakes: [Partial<Record<keyof ViTConfig, unknown>>, RegExp][] = [
  [{ depth: 0 }, /^depth must be a whole number from 1 on, not 0$/],
  [{ numClasses: 2.5 }, /^numClasses must be a whole number from 0 on, not 2.5$/],
  [{ embedDim: Number.NaN }, /^embedDim must be a whole number from 1 on, not NaN$/],
  [{ inChannels: '3' }, /^inChannels must be a whole number from 1 on, not 3$/],
  [{ dropout: 1 }, /^dropout must be from 0 to below 1, not 1$/],
  [{ attentionDropout: -0.1 }, /^attentionDropout must be from 0 to below 1, not -0.1$/],
  [{ dropPath: Number.NaN }, /^dropPath must be from 0 to below 1, not NaN$/],
  [{ mlpRatio: 0 }, /^mlpRatio must be above 0, not 0$/],
  [{ layerNormEps: -1e-6 }, /^layerNormEps must be above 0, not -0.000001$/],
  [{ representationSize: -1 }, /^representationSize must be a whole number from 0 on, not -1$/],
  [{ head: 'conv' }, /^head must be one of linear, mlp, not conv$/],
  [{ initialization: 'zeros' }, /^initialization must be one of paddle, wzm, not zeros$/],
  [{ imageSize: 8 }, /^imageSize 8 is smaller than patchSize 16: there would be no patch$/],
  [{ classToken: false }, /^pooling token needs classToken$/],
  [{ distillation: true, pooling: 'avg' }, /^distillation goes with pooling token and head linear alone$/],
  [
    { mlp: 'swiglu', embedDim: 12, numHeads: 3, mlpRatio: 1.25 },
    /^SwiGLU needs two equal halves, but mlpRatio makes 15 hidden features$/,
  ],
  [{ head: 'mlp', representationSize: 8 }, /^representationSize goes with head linear alone$/],
  [{ pooling: 'max' }, /^pooling must be one of token, avg, token\+avg, map, not max$/],
  [{ numHeads: 7 }, /^embedDim 768 does not divide among 7 heads$/],
]

for (const [options, message] of mistakes)
  test(`refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => new ViT(options as Partial<ViTConfig>), { name: 'RangeError', message })
  })
