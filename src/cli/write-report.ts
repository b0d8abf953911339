import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Sample } from '../data/index.js'
import { thumbnail } from '../image/index.js'
import { type SampleResult, topPredictions } from '../pipeline/index.js'
import {
  type ClassSize,
  describeRecipe,
  type Example,
  type ReportAssets,
  renderModelCard,
  renderReport,
  type UsageExample,
} from '../report/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import type { TrainingResult } from '../train/index.js'
import { chooseExamples } from './choose-examples.js'
import { describeMachine, describeTime } from './describe-machine.js'
import { invocation, quote } from './invocation.js'
import { formatDuration } from './progress.js'
import type { TrainingRun } from './training-run.js'

/** Writes `report.html` and the model card, `README.md`, of a finished run. */
export async function writeReport(
  run: TrainingRun,
  { history, evaluation, results }: TrainingResult,
  { summary, seconds }: { summary: string; seconds: number },
): Promise<void> {
  const { model, output, recipe, train, settings, title = `Vision Transformer for ${abridge(model.labels)}` } = run
  const { labels } = model
  const { mistakes, examples } = chooseExamples(results, recipe.seed)
  const show = (chosen: readonly SampleResult[]) => Promise.all(chosen.map((result) => example(result, labels)))
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
      evaluation,
      mistakes: await show(mistakes),
      examples: await show(examples),
      pictures: classSizes(labels, train, run.validation),
      recipe: run.probe
        ? probeInWords
        : describeRecipe(recipe, { pictures: train.length, pretrained: model.pretrained }),
      settings: {
        ...settings,
        ...Object.fromEntries(Object.entries(recipe).map(([key, value]) => [key, String(value)])),
      },
      machine: { ...describeMachine(), ...describeTime(history, train.length, seconds) },
      usage: usageOf(output),
      summary,
      warnings: [...run.warnings],
    },
    await readAssets(),
  )
  await nodeFiles.write(`${output}/report.html`, report)
  await nodeFiles.write(`${output}/README.md`, renderModelCard({ title, model, evaluation, recipe, settings }))
}

const probeInWords = [
  'A linear probe: the model stayed as it was, every picture went through it once, and its head alone learned from what came out.',
]

function classSizes(labels: readonly string[], train: readonly Sample[], validation: readonly Sample[]): ClassSize[] {
  const count = (samples: readonly Sample[], i: number) => samples.filter(({ label }) => label === i).length
  return labels.map((label, i) => ({ label, train: count(train, i), validation: count(validation, i) }))
}

function usageOf(folder: string): UsageExample[] {
  return [
    { title: 'On the command line:', code: `${invocation()} predict ${quote(folder)} photo.jpg` },
    {
      title: 'In a program for Node:',
      code: `import { Classifier } from 'vitrine'
import { nodeFiles, nodeRuntime } from 'vitrine/node'
import { readImage } from 'vitrine/data'

const classifier = await Classifier.load(nodeFiles, nodeRuntime, ${JSON.stringify(folder)})
console.log(await classifier.classify(await readImage(nodeFiles, 'photo.jpg'), 3))
await classifier.close()`,
    },
    {
      title: 'Elsewhere:',
      code: `onnx/model.onnx runs in every ONNX Runtime (pixel_values -> logits); README.md has the lines for Python.`,
    },
  ]
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
