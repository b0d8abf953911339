import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { evaluationOf } from '../testing/evaluation.js'
import type { EpochMetrics } from '../train/index.js'
import { json } from './html.js'
import { type Example, type ReportAssets, type ReportData, renderReport } from './index.js'

const nasty = `</title></script><script>alert(1)</script>"' onerror='x' <img src=x onerror=alert(2)> &lt; ]]> <!-- `

const epochs = Array.from(
  { length: 3 },
  (_, i): EpochMetrics => ({
    epoch: i + 1,
    trainLoss: 1 / (i + 1),
    trainAccuracy: 0.6 + i * 0.1,
    validationLoss: 1.1 / (i + 1),
    validationAccuracy: [0.55, 0.75, 0.7][i]!,
    learningRate: 1e-4,
    seconds: 2.5,
  }),
)

const mistake: Example = {
  image: 'data:image/webp;base64,AAAA',
  file: 'roses/1.jpg',
  label: 'roses',
  predictions: [
    { label: 'daisy', score: 0.7 },
    { label: 'roses', score: 0.3 },
  ],
}

/** Nine of ten pictures of each class are right, the others taken for the first. */
const evaluationFor = (classes: string[]) =>
  evaluationOf(
    classes,
    classes.map((_, i) => classes.map((_, j) => (i === j ? 9 : j === 0 ? 1 : 0))),
  )

function reportOf(changes: Partial<ReportData> = {}, assets: Partial<ReportAssets> = {}): string {
  const data: ReportData = {
    title: 'Flowers',
    createdAt: '2025-01-31T09:05:59.000Z',
    headline: [{ label: 'Accuracy', value: '75 %' }],
    epochs,
    evaluation: evaluationFor(['daisy', 'roses']),
    mistakes: [mistake],
    examples: [mistake],
    pictures: [
      { label: 'daisy', train: 100, validation: 20 },
      { label: 'roses', train: 8, validation: 2 },
    ],
    recipe: ['It learned slowly.'],
    settings: { 'learning rate': '0.0001' },
    machine: { processor: 'fast' },
    usage: [{ title: 'Type', code: 'vitrine predict' }],
    summary: 'Layer  Parameters\nLinear        10',
    warnings: ['2 files were left out'],
    ...changes,
  }
  return renderReport(data, { chartScript: '/* chart */', chartStyle: '/* chart style */', ...assets })
}

/** The start tags of a page, with scripts and styles emptied. */
function tagsOf(page: string): string[] {
  return page.replace(/(<(script|style)\b[^>]*>).*?<\/\2>/gs, '$1').match(/<[a-z!][^>]*>/gi) ?? []
}

test('text from file names stays text, wherever it is shown', () => {
  const calm = reportOf()
  const prediction = { label: nasty, score: 0.7 }
  const example = { image: `data:${nasty}`, file: nasty, label: `${nasty}2`, predictions: [prediction, prediction] }
  const page = reportOf({
    title: nasty,
    createdAt: nasty,
    headline: [{ label: nasty, value: nasty }],
    evaluation: evaluationFor([nasty, `${nasty}2`]),
    mistakes: [example],
    examples: [example],
    pictures: [
      { label: nasty, train: 100, validation: 20 },
      { label: `${nasty}2`, train: 8, validation: 2 },
    ],
    recipe: [nasty],
    settings: { [nasty]: nasty },
    machine: { [nasty]: nasty },
    usage: [{ title: nasty, code: nasty }],
    summary: nasty,
    warnings: [nasty],
  })
  const names = (tags: string[]) => tags.map((tag) => tag.match(/^<[^\s>]+/)![0])
  assert.deepEqual(names(tagsOf(page)), names(tagsOf(calm)))
  for (const tag of tagsOf(page)) assert.doesNotMatch(tag.replace(/"[^"]*"/g, '""'), /onerror|'/, tag)
})

test('JSON in a page cannot end its script', () => {
  const value = { text: '</script><script>alert(1)</script><!--' }
  const { text } = json(value)
  assert.doesNotMatch(text, /</)
  assert.deepEqual(JSON.parse(text), value)
})

test('a report loads nothing', () => {
  const page = reportOf()
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; img-src data:;/)
  assert.doesNotMatch(page, /<link|@import|url\(|\ssrc="(?!data:)|\shref=/)
})

test('figures, mistakes, settings and warnings are there', () => {
  const page = reportOf()
  for (const part of [
    '2025-01-31 09:05 UTC',
    'best after epoch 2: 75.0 %',
    '1 of 10 pictures of roses were taken for daisy (10.0 %)',
    '<figure class="example mistaken">',
    'alt="roses: roses/1.jpg"',
    '2 files were left out',
    'Layer  Parameters\nLinear        10',
    'Strong imbalance: “daisy” has 120 pictures and “roses” has 10, 12 to 1',
    'Expected calibration error over 15 bins: <strong>14.7 %</strong>',
    'It learned slowly.',
  ])
    assert.ok(page.includes(part), part)
})

test('a table for few classes, a heat map for many, a list of mistakes for very many', () => {
  const named = (count: number) => evaluationFor(Array.from({ length: count }, (_, i) => `class ${i}`))
  assert.match(reportOf({ evaluation: named(24) }), /<table class="matrix crowded">/)
  const many = reportOf({ evaluation: named(100) })
  assert.match(many, /<svg class="heatmap"/)
  assert.match(many, /<title>1 of 10 pictures of class 99 were taken for class 0 \(10\.0 %\)<\/title>/)
  const veryMany = reportOf({ evaluation: named(300) })
  assert.doesNotMatch(veryMany, /<table class="matrix|<svg class="heatmap/)
  assert.match(veryMany, /Most frequent mistakes/)
  assert.match(veryMany, /The 25 hardest of 300 classes/)
  assert.ok(veryMany.length < 60_000, `${veryMany.length} characters`)
})

test('a run without epochs, pictures or warnings gives a shorter report', () => {
  const page = reportOf({
    epochs: [],
    evaluation: evaluationOf(
      ['a', 'b'],
      [
        [0, 0],
        [0, 0],
      ],
    ),
    mistakes: [],
    examples: [],
    pictures: [],
    warnings: [],
    recipe: [],
    settings: {},
    machine: {},
    usage: [],
    summary: '',
  })
  assert.deepEqual(page.match(/<section/g), null)
})

interface ChartOptions {
  scales: { x: { range: () => number[] }; y: { range: (chart: null, low: number, high: number) => number[] } }
  series: { points?: { show: boolean } }[]
}

/** Runs the page's own scripts with stand-ins for the browser and for uPlot; gives what uPlot was asked to draw. */
function runCharts(page: string): { options: ChartOptions; data: (number | null)[][] }[] {
  const drawn: { options: ChartOptions; data: (number | null)[][] }[] = []
  const [, metrics, , script] = page.match(
    /id="metrics">(.*?)<\/script>\s*<script>(.*?)<\/script>\s*<script>(.*?)<\/script>/s,
  )!
  class Chart {
    constructor(options: ChartOptions, data: (number | null)[][]) {
      drawn.push({ options, data })
    }
    setLegend() {}
  }
  const element = { textContent: metrics, clientWidth: 400, dataset: {} }
  runInNewContext(script!, {
    document: { documentElement: element, getElementById: () => element, querySelector: () => element },
    getComputedStyle: () => ({ getPropertyValue: () => ' #123456' }),
    matchMedia: () => ({ addEventListener() {} }),
    addEventListener() {},
    ResizeObserver: class {
      observe() {}
    },
    uPlot: Chart,
  })
  return drawn
}

test('the curves draw loss and accuracy', () => {
  const [loss, accuracy, rate] = runCharts(reportOf())
  assert.deepEqual(plain(loss!.data), [[1, 2, 3], epochs.map((e) => e.trainLoss), epochs.map((e) => e.validationLoss)])
  assert.deepEqual(plain(accuracy!.data[2]), [0.55, 0.75, 0.7])
  assert.deepEqual(plain(rate!.data), [[1, 2, 3], epochs.map((e) => e.learningRate)])
  assert.deepEqual(plain(loss!.options.scales.x.range()), [1, 3])
})

test('a single epoch is drawn as points in the middle, a loss that is no number as a gap', () => {
  const [loss] = runCharts(reportOf({ epochs: [{ ...epochs[0]!, epoch: 7, validationLoss: Number.NaN }] }))
  assert.deepEqual(plain(loss!.options.scales.x.range()), [6.5, 7.5])
  assert.ok(loss!.options.series.slice(1).every(({ points }) => points!.show))
  assert.deepEqual(plain(loss!.data), [[7], [1], [null]])
  const [low, high] = loss!.options.scales.y.range(null, 1, 1)
  assert.ok(low! < 1 && high! > 1)
})

/** Objects from another context have other prototypes. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

test('uPlot fits into a page as it stands', () => {
  const { resolve } = createRequire(import.meta.url)
  const read = (name: string) => readFileSync(resolve(`uplot/dist/${name}`), 'utf8')
  const page = reportOf({}, { chartScript: read('uPlot.iife.min.js'), chartStyle: read('uPlot.min.css') })
  assert.equal(page.match(/<script/g)!.length, 3)
  assert.equal(page.match(/<\/script/g)!.length, 3)
  assert.equal(page.match(/<\/style/g)!.length, 1)
})
