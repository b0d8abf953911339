import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRecipe } from '../train/index.js'
import { describeRecipe } from './recipe-words.js'

test('a recipe is told with its figures', () => {
  const recipe = { ...defaultRecipe, epochs: 3, batchSize: 10, learningRate: 3e-4, patience: 2, labelSmoothing: 0 }
  const words = describeRecipe(recipe, { pictures: 2005, pretrained: true }).join('\n')
  for (const part of [
    'pretrained weights',
    '2,005 pictures in at most 3 epochs',
    '600 steps',
    '0.0003',
    'after 2 epochs in a row',
  ])
    assert.ok(words.includes(part), `${part} in:\n${words}`)
  assert.doesNotMatch(words, /smoothed/)
  const others = { ...recipe, freeze: 'backbone', warmupSteps: 0, accumulate: 4, mixup: 0.8, ema: 0.99 }
  const more = describeRecipe(others, { pictures: 2005, pretrained: true }).join('\n')
  for (const part of [
    'Only the head learned',
    '10 × 4 to a step',
    '150 steps',
    'of at most 0.0003',
    'mixup (0.8)',
    'decay 0.99',
  ])
    assert.ok(more.includes(part), `${part} in:\n${more}`)
  assert.match(describeRecipe(defaultRecipe, { pictures: 16, pretrained: false })[0]!, /random weights/)
})
