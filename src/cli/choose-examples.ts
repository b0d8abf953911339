import type { SampleResult } from '../pipeline/index.js'
import { Random } from '../random.js'

const [mistakeCount, exampleCount] = [12, 18]

/** What a report shows of the unseen pictures: the wrong answers given with most confidence, and others drawn by chance. */
export function chooseExamples(
  results: readonly SampleResult[],
  seed: number,
): { mistakes: SampleResult[]; examples: SampleResult[] } {
  const mistakes = results
    .filter(({ sample, probabilities }) => confidence({ probabilities }) > probabilities[sample.label]!)
    .sort((a, b) => confidence(b) - confidence(a))
    .slice(0, mistakeCount)
  const others = results.filter((result) => !mistakes.includes(result))
  return { mistakes, examples: new Random(seed, 'examples').shuffle(others).slice(0, exampleCount) }
}

const confidence = ({ probabilities }: Pick<SampleResult, 'probabilities'>) => Math.max(...probabilities)
