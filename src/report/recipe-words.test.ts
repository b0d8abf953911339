import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultRecipe } from '../train/index.js'
import { describeRecipe } from './recipe-words.js'

test('a recipe is told with its figures', () => {
  const recipe = { ...defaultRecipe, epochs: 3, batchSize: 10, learningRate: 3e-4, patience: 2, labelSmoothing: 0 }
  const words = describeRecipe(recipe, { pictures: 2005, pretrained: true }).join('\n')
  for (const part of [
    'pretrained weights',
    '2,005 pictures at most 3 times each',
    '600 steps',
    '0.0003',
    'after 2 epochs',
  ])
    assert.ok(words.includes(part), `${part} in:\n${words}`)
  assert.doesNotMatch(words, /smoothed/)
  assert.match(describeRecipe(defaultRecipe, { pictures: 16, pretrained: false })[0]!, /random weights/)
})
