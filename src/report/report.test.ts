import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import type { EpochMetrics } from '../train/index.js'
import { json } from './html.js'
import { type ReportAssets, type ReportData, renderReport } from './index.js'

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

function reportOf(changes: Partial<ReportData> = {}, assets: Partial<ReportAssets> = {}): string {
  const classes = changes.classes ?? ['daisy', 'roses']
  const data: ReportData = {
    title: 'Flowers',
    createdAt: '2025-01-31T09:05:59.000Z',
    headline: [{ label: 'Accuracy', value: '75 %' }],
    epochs,
    classes,
    confusion: classes.map((_, i) => classes.map((_, j) => (i === j ? 9 : j === 0 ? 1 : 0))),
    examples: [
      {
        image: 'data:image/webp;base64,AAAA',
        file: 'roses/1.jpg',
        label: 'roses',
        predictions: [
          { label: 'daisy', score: 0.7 },
          { label: 'roses', score: 0.3 },
        ],
      },
    ],
    settings: { 'learning rate': '0.0001' },
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
  const page = reportOf({
    title: nasty,
    createdAt: nasty,
    headline: [{ label: nasty, value: nasty }],
    classes: [nasty, `${nasty}2`],
    examples: [{ image: `data:${nasty}`, file: nasty, label: `${nasty}2`, predictions: [prediction, prediction] }],
    settings: { [nasty]: nasty },
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
  ])
    assert.ok(page.includes(part), part)
})

test('a matrix for few classes, a list of mistakes for many', () => {
  const named = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`)
  assert.match(reportOf({ classes: named(40) }), /<table class="matrix crowded">/)
  const many = reportOf({ classes: named(300) })
  assert.doesNotMatch(many, /<table class="matrix/)
  assert.match(many, /Most frequent mistakes/)
  assert.match(many, /The 25 hardest of 300 classes/)
  assert.ok(many.length < 60_000, `${many.length} characters`)
})

test('a run without epochs, pictures or warnings gives a shorter report', () => {
  const page = reportOf({
    epochs: [],
    examples: [],
    confusion: [
      [0, 0],
      [0, 0],
    ],
    warnings: [],
    settings: {},
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
  const [loss, accuracy] = runCharts(reportOf())
  assert.deepEqual(plain(loss!.data), [[1, 2, 3], epochs.map((e) => e.trainLoss), epochs.map((e) => e.validationLoss)])
  assert.deepEqual(plain(accuracy!.data[2]), [0.55, 0.75, 0.7])
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
