import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertFails, inPairs, temporaryFolder, vitrine } from '../testing/command-line.js'
import { type Recipe, type RecipeName, recipes } from '../train/index.js'
import { findContradiction } from './contradictions.js'

/** What is said to flags, given as options by Commander's names. */
function told(flags: Partial<Recipe> & Record<string, unknown>, recipeName: RecipeName = 'finetune') {
  const { lr: _, findLr: __, resume: ___, force: ____, val: _____, split: ______, ...values } = flags
  const recipe = { ...recipes[recipeName], ...values } as Recipe
  return findContradiction({ recipeName, recipe, given: new Set(Object.keys(flags)) })
}

const contradictions: [flags: Parameters<typeof told>[0], sentence: RegExp, recipe?: RecipeName][] = [
  [{ freeze: 'backbone', lora: 4 }, /^--freeze backbone and --lora 4 both say what learns: give one of them$/],
  [{ freeze: 'backbone', unfreezeLast: 2 }, /^--freeze backbone and --unfreeze-last 2 both say what learns/],
  [{ unfreezeLast: 2, lora: 4 }, /^--unfreeze-last 2 and --lora 4 both say what learns/],
  [{ lora: 4 }, /^the --freeze backbone of --recipe wzm and --lora 4 both say what learns: add --freeze ''$/, 'wzm'],
  [{ freeze: 'backbone', checkpointing: true }, /^--checkpointing has no effect where --freeze backbone/],
  [{ freeze: 'backbone', layerDecay: 0.5 }, /^--layer-decay has no effect where --freeze backbone/],
  [{ nesterov: true }, /^--nesterov is for --optimizer sgd, and it is adamw/],
  [{ optimizer: 'lion', momentum: 0.5 }, /^--momentum is for --optimizer sgd, and it is lion/],
  [{ optimizer: 'sgd', momentum: 0, nesterov: true }, /^--nesterov needs a --momentum above 0/],
  [{ schedule: 'step', finalShare: 0.1 }, /^--final-share has no effect on --schedule step/],
  [{ schedule: 'one-cycle', finalShare: 0.1 }, /^--final-share has no effect on --schedule one-cycle/],
  [{ schedule: 'one-cycle', warmupSteps: 9 }, /^--warmup-steps has no place before --schedule one-cycle/],
  [{ epochs: 3, patience: 3 }, /^--patience 3 never ends a run of --epochs 3/],
  [{ colourJitter: 0.4 }, /^--colour-jitter has no effect beside the --augment rand-m9\S+ of --recipe deit/, 'deit'],
  [{ augment: 'rand-m9', colourJitter: 0.4 }, /^--colour-jitter has no effect beside --augment rand-m9, which/],
  [{ distillation: 'soft' }, /^--distillation needs a --teacher to learn from: name one, or leave --distillation out$/],
  [{ distillationAlpha: 0.3 }, /^--distillation-alpha needs a --teacher/],
  [{ temperature: 2 }, /^--temperature needs a --teacher/],
  [{ teacher: 'big', temperature: 2 }, /^--temperature has no effect on --distillation hard/],
  [{ teacher: 'big', distillationAlpha: 0 }, /^--distillation-alpha 0 leaves the --teacher without a say/],
  [{ val: 'more', split: 'python' }, /^--split has no effect beside --val/],
  [{ findLr: true, resume: true }, /^--find-lr begins anew .* nothing to --resume/],
  [{ force: true }, /^--force says how to --resume/],
  [{ resume: true }, /^--recipe linear-probe keeps no checkpoints/, 'linear-probe'],
  ...['mixup', 'cutmix', 'augment', 'erasing', 'repeats', 'minCrop', 'clipNorm', 'epochs', 'patience', 'ema', 'lr'].map(
    (key): [Parameters<typeof told>[0], RegExp, RecipeName] => [
      { [key]: 1 },
      /^--recipe linear-probe fits the head to features that are computed once, so --[a-z-]+ has no effect/,
      'linear-probe',
    ],
  ),
  [{ findLr: true }, /^--recipe linear-probe .* so --find-lr has no effect/, 'linear-probe'],
  [{ teacher: 'big' }, /^--recipe linear-probe .* so --teacher has no effect/, 'linear-probe'],
]

for (const [flags, sentence, recipe] of contradictions)
  test(`${recipe ?? ''} ${JSON.stringify(flags)} is refused`, () => {
    assert.match(told(flags, recipe) ?? 'nothing', sentence)
  })

const meaningful: [flags: Parameters<typeof told>[0], recipe?: RecipeName][] = [
  // Averages of LoRA's changes are merged as those changes are.
  [{ lora: 4, ema: 0.99 }],
  // Each layer's changes learn at its rate.
  [{ lora: 4, layerDecay: 0.5 }],
  [{ lora: 4, freeze: '' }, 'wzm'],
  // Keeps all of them.
  [{ keep: 20, epochs: 3 }],
  [{ optimizer: 'sgd', nesterov: true, momentum: 0.8 }],
  [{ schedule: 'linear', finalShare: 0.1, warmupSteps: 5 }],
  [{ schedule: 'one-cycle', warmupSteps: 0 }],
  [{ epochs: 3, patience: 2 }],
  [{ augment: 'three', colourJitter: 0.3 }],
  [{ augment: '', colourJitter: 0.3 }, 'deit'],
  [{ teacher: 'big', distillation: 'soft', temperature: 2, distillationAlpha: 1 }],
  [{ loss: 'focal', mixup: 0.8, balanced: true, labelSmoothing: 0.1 }],
  [{ clipNorm: 0, optimizer: 'lamb', repeats: 3, erasing: 0.2 }],
  [{ freeze: 'backbone', mixup: 0.2, dropPath: 0.1, clipNorm: 1 }],
  [{ batchSize: 8, seed: 3 }, 'linear-probe'],
  [{ findLr: true, lr: 0.1 }],
  [{ resume: true, force: true }],
]

test('what goes together is let go on, and so is every recipe as it is', () => {
  for (const [flags, recipe] of meaningful) assert.equal(told(flags, recipe), undefined, JSON.stringify(flags))
  for (const name of Object.keys(recipes) as RecipeName[]) assert.equal(told({}, name), undefined, name)
})

test('a contradiction is wrong usage: one sentence and exit code 2, before anything is read', async () => {
  const folder = await temporaryFolder('contradictions')
  const cases: [args: string[], sentence: RegExp][] = [
    [
      ['--freeze', 'backbone', '--lora', '4'],
      /error: --freeze backbone and --lora 4 both say.*; see vitrine train --help/,
    ],
    [['--recipe', 'linear-probe', '--mixup', '0.8'], /so --mixup has no effect/],
    [['--recipe', 'wzm', '--nesterov', '--unfreeze-last', '2'], /add --freeze ''/],
    [['--temperature', '2'], /--temperature needs a --teacher/],
  ]
  await inPairs(cases, async ([args, sentence]) => {
    const ended = await vitrine(folder, 'train', 'nosuch', ...args)
    assertFails(ended, 2, sentence)
    assert.equal(ended.stdout, '')
  })
})
