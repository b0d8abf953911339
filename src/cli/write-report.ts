import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { thumbnail } from '../image/index.js'
import { type SampleResult, topPredictions } from '../pipeline/index.js'
import { Random } from '../random.js'
import { type Example, type ReportAssets, renderModelCard, renderReport } from '../report/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import type { TrainingResult } from '../train/index.js'
import { formatDuration } from './progress.js'
import type { TrainingRun } from './training-run.js'

/** Writes `report.html` and the model card, `README.md`, of a finished run. */
export async function writeReport(
  run: TrainingRun,
  { history, evaluation, results }: TrainingResult,
  { summary, seconds }: { summary: string; seconds: number },
): Promise<void> {
  const {
    model,
    output,
    recipe,
    train,
    settings,
    warnings,
    title = `Vision Transformer for ${abridge(model.labels)}`,
  } = run
  const examples = await Promise.all(
    chooseExamples(results, recipe.seed).map((result) => example(result, model.labels)),
  )
  const report = renderReport(
    {
      title,
      createdAt: new Date().toISOString(),
      headline: [
        { label: 'unseen pictures right', value: `${(100 * evaluation.accuracy).toFixed(1)} %` },
        { label: 'pictures', value: `${train.length} + ${evaluation.count} unseen` },
        { label: 'parameters', value: model.vit.parameterCount.toLocaleString('en') },
        { label: 'time', value: formatDuration(seconds) },
      ],
      epochs: history,
      classes: [...model.labels],
      confusion: evaluation.confusion,
      examples,
      settings: {
        ...settings,
        ...Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)])),
      },
      summary,
      warnings: [...warnings],
    },
    await readAssets(),
  )
  await nodeFiles.write(`${output}/report.html`, report)
  await nodeFiles.write(`${output}/README.md`, renderModelCard({ title, model, evaluation, recipe, settings }))
}

const exampleCount = 24

/** Pictures drawn by chance, mistakes first up to a quarter of them: those are what one wants to see. */
function chooseExamples(results: readonly SampleResult[], seed: number): SampleResult[] {
  const shuffled = new Random(seed, 'examples').shuffle(results)
  const isWrong = ({ sample, probabilities }: SampleResult) =>
    probabilities.some((p) => p > probabilities[sample.label]!)
  const wrong = shuffled.filter(isWrong).slice(0, exampleCount / 4)
  return [...wrong, ...shuffled.filter((result) => !isWrong(result)).slice(0, exampleCount - wrong.length)]
}

async function example({ sample, probabilities }: SampleResult, labels: readonly string[]): Promise<Example> {
  return {
    image: await thumbnail(await nodeFiles.read(sample.path), 240),
    // Class folder and name: enough to find the picture, without the folders of this machine.
    file: sample.path.split('/').slice(-2).join('/'),
    label: labels[sample.label]!,
    predictions: topPredictions(probabilities, labels, 3),
  }
}

const abridge = (labels: readonly string[]) => (labels.length > 8 ? `${labels.length} classes` : labels.join(', '))

/** The chart library, with the notice that its licence asks to keep. */
async function readAssets(): Promise<ReportAssets> {
  const { resolve } = createRequire(import.meta.url)
  const read = (name: string) => readFile(resolve(`uplot/dist/${name}`), 'utf8')
  const licence = await readFile(resolve('uplot/package.json').replace('package.json', 'LICENSE'), 'utf8')
  return {
    chartScript: `/*\n${licence}*/\n${await read('uPlot.iife.min.js')}`,
    chartStyle: await read('uPlot.min.css'),
  }
}
