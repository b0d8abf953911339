import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { ViT } from '../nn/index.js'
import { type FreezeOptions, learning } from './freeze.js'

const vit = new ViT({ imageSize: 16, patchSize: 8, embedDim: 8, depth: 12, numHeads: 2, numClasses: 3 })

/** The first parts of the names of what learns. */
function learned(options: FreezeOptions, model = vit): string[] {
  const names = [...model.parameters.keys()].filter(learning(model, options))
  return [
    ...new Set(
      names.map((name) =>
        name
          .split('.')
          .slice(0, name.startsWith('blocks') ? 2 : 1)
          .join('.'),
      ),
    ),
  ]
}

test('with the backbone frozen the head and its representation layer learn', () => {
  assert.deepEqual(learned({ freeze: ['backbone'] }), ['head'])
  const config = { imageSize: 16, patchSize: 8, embedDim: 8, depth: 1, numHeads: 2, numClasses: 3 }
  assert.deepEqual(learned({ freeze: ['backbone'] }, new ViT({ ...config, representationSize: 4 })), [
    'pre_logits',
    'head',
  ])
  assert.deepEqual(learned({ freeze: ['backbone'] }, new ViT({ ...config, distillation: true })), ['head', 'head_dist'])
})

test('the last layers learn, with the norm and the head', () => {
  assert.deepEqual(learned({ unfreezeLast: 2 }), ['blocks.10', 'blocks.11', 'norm', 'head'])
  assert.deepEqual(learned({ unfreezeLast: 0 }), ['norm', 'head'])
})

test('prefixes are whole parts of names', () => {
  const left = learned({ freeze: ['blocks.1', 'patch_embed.', 'pos_embed'] })
  assert.deepEqual(left.slice(0, 4), ['cls_token', 'blocks.0', 'blocks.2', 'blocks.3'])
  assert.ok(left.includes('blocks.10'))
})

test('everything learns by default', () => {
  assert.ok([...vit.parameters.keys()].every(learning(vit, {})))
})

test('what makes no sense is one sentence', () => {
  const cases: [FreezeOptions, RegExp][] = [
    [{ freeze: ['block'] }, /--freeze block fits no parameter/],
    [{ freeze: ['backbone', 'head'] }, /--freeze backbone,head leaves nothing that learns/],
    [{ freeze: ['head'], unfreezeLast: 1 }, /contradict/],
    [{ unfreezeLast: 13 }, /from 0 to the model's 12 layers, not 13/],
    [{ unfreezeLast: 1.5 }, /not 1\.5/],
  ]
  for (const [options, words] of cases)
    assert.throws(
      () => learning(vit, options),
      (error) => error instanceof UserError && words.test(error.message),
    )
})
