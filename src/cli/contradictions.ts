import type { Recipe, RecipeName } from '../train/index.js'

/** The flags of `vitrine train` that a pair of may contradict: the recipe with what was given, and how it came about. */
export interface TrainingFlags {
  recipeName: RecipeName
  recipe: Recipe
  /** The options that the user gave, by Commander's names, such as `batchSize`. */
  given: ReadonlySet<string>
}

type ChoosesWhatLearns = 'freeze' | 'unfreezeLast' | 'lora'

/** What can be said of a linear probe, besides model, data and output: the rest is about training it does not do. */
const ofLinearProbe = new Set<string>(['batchSize', 'seed'] satisfies (keyof Recipe)[])

type Rule = (flags: TrainingFlags) => string | false | undefined

/** Flags that exclude each other, and those that would have no effect: each rule gives the sentence where it is broken. */
const rules: readonly Rule[] = [
  ({ recipeName, recipe, given }) => {
    const other = [...given].find(
      (key) => (key in recipe || key === 'lr' || key === 'findLr') && !ofLinearProbe.has(key),
    )
    return (
      recipeName === 'linear-probe' &&
      other &&
      `--recipe linear-probe fits the head to features that are computed once, so ${flag(other)} has no effect: leave it out, or choose another recipe with --freeze backbone`
    )
  },
  saysTwiceWhatLearns('freeze', 'unfreezeLast'),
  saysTwiceWhatLearns('freeze', 'lora'),
  saysTwiceWhatLearns('unfreezeLast', 'lora'),
  ({ recipe, given }) =>
    given.has('layerDecay') &&
    recipe.layerDecay < 1 &&
    recipe.freeze === 'backbone' &&
    '--layer-decay has no effect where --freeze backbone lets the head alone learn: leave one of them out',
  ({ recipe }) =>
    recipe.checkpointing &&
    recipe.freeze === 'backbone' &&
    '--checkpointing has no effect where --freeze backbone lets the head alone learn: leave one of them out',
  ({ recipe, given }) =>
    recipe.optimizer !== 'sgd' &&
    given.has('nesterov') &&
    `--nesterov is for --optimizer sgd, and it is ${recipe.optimizer}: leave it out, or choose sgd`,
  ({ recipe, given }) =>
    recipe.optimizer !== 'sgd' &&
    given.has('momentum') &&
    `--momentum is for --optimizer sgd, and it is ${recipe.optimizer}: leave it out, or choose sgd`,
  ({ recipe }) =>
    recipe.nesterov &&
    recipe.momentum === 0 &&
    '--nesterov needs a --momentum above 0: give one, or leave --nesterov out',
  ({ recipe, given }) =>
    given.has('finalShare') &&
    ['step', 'one-cycle'].includes(recipe.schedule) &&
    `--final-share has no effect on --schedule ${recipe.schedule}, which has an end of its own: leave it out, or choose cosine or linear`,
  ({ recipe, given }) =>
    given.has('warmupSteps') &&
    recipe.warmupSteps > 0 &&
    recipe.schedule === 'one-cycle' &&
    '--warmup-steps has no place before --schedule one-cycle, which rises by itself: leave it out, or choose another schedule',
  ({ recipe, given }) =>
    given.has('patience') &&
    recipe.patience >= recipe.epochs &&
    `--patience ${recipe.patience} never ends a run of --epochs ${recipe.epochs}: give less patience, or more epochs`,
  (flags) =>
    flags.given.has('colourJitter') &&
    flags.recipe.colourJitter > 0 &&
    flags.recipe.augment.startsWith('rand') &&
    `--colour-jitter has no effect beside ${named(flags, 'augment')}, which changes colours itself: leave it out, or add --augment '' or three`,
  ({ recipe, given }) => {
    const about = ['distillation', 'distillationAlpha', 'temperature'].find((key) => given.has(key))
    return (
      !recipe.teacher &&
      about &&
      `${flag(about)} needs a --teacher to learn from: name one, or leave ${flag(about)} out`
    )
  },
  ({ recipe, given }) =>
    given.has('temperature') &&
    recipe.distillation === 'hard' &&
    '--temperature has no effect on --distillation hard: leave it out, or add --distillation soft',
  ({ recipe }) =>
    recipe.teacher &&
    recipe.distillationAlpha === 0 &&
    '--distillation-alpha 0 leaves the --teacher without a say: give more, or leave --teacher out',
  ({ given }) =>
    given.has('split') &&
    given.has('val') &&
    '--split has no effect beside --val, which brings the validation pictures: leave one of them out',
  ({ given }) =>
    given.has('force') && !given.has('resume') && '--force says how to --resume: add --resume, or leave --force out',
  ({ recipeName, given }) =>
    recipeName === 'linear-probe' &&
    given.has('resume') &&
    '--recipe linear-probe keeps no checkpoints: leave --resume out',
  ({ given }) =>
    given.has('findLr') &&
    given.has('resume') &&
    '--find-lr begins anew and trains nothing, so there is nothing to --resume: leave one of them out',
]

/** The first contradiction among the flags as one sentence, which says what to leave out; undefined where there is none. */
export function findContradiction(flags: TrainingFlags): string | undefined {
  for (const rule of rules) {
    const sentence = rule(flags)
    if (sentence) return sentence
  }
  return undefined
}

/** Options by the names of their flags. */
const flag = (key: string) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

function saysTwiceWhatLearns(a: ChoosesWhatLearns, b: ChoosesWhatLearns): Rule {
  return (flags) => {
    const { recipe, given } = flags
    if (!recipe[a] || !recipe[b]) return undefined
    const inherited = [a, b].find((key) => !given.has(key))
    const advice = inherited ? `add ${flag(inherited)} ${inherited === 'freeze' ? "''" : 0}` : 'give one of them'
    return `${named(flags, a)} and ${named(flags, b)} both say what learns: ${advice}`
  }
}

/** A value, and where it comes from if the user did not give it. */
function named({ recipe, recipeName, given }: TrainingFlags, key: keyof Recipe): string {
  const value = `${flag(key)} ${recipe[key]}`
  return given.has(key) ? value : `the ${value} of --recipe ${recipeName}`
}
