// The other half of check-preprocessing.py: runs Vitrine on the cases in a folder, compares, prints the table.
import { readFileSync } from 'node:fs'
import { Preprocessor, parsePreprocessorConfig, parseTimmConfig, preprocessorOf } from '../dist/image/index.js'
import { inlineRuntime } from '../dist/runtime/node/runtime.js'

const folder = process.argv[2]

function configOf({ library, config }) {
  if (library === 'huggingface') return parsePreprocessorConfig(config, 'preprocessor_config.json')
  if (library === 'timm') return parseTimmConfig(config, 'config.json')
  return preprocessorOf[library](config)
}

/** The largest difference, and how many values are off by more than one byte. */
async function compare(test) {
  const config = configOf(test)
  const expected = new Float32Array(new Uint8Array(readFileSync(`${folder}/${test.name}.expected`)).buffer)
  const data = new Uint8Array(readFileSync(`${folder}/${test.name}.image`))
  const preprocessor = new Preprocessor(inlineRuntime, config)
  const pixels = await preprocessor.evaluate({ width: test.width, height: test.height, data })
  await preprocessor.close()
  const { mean, std, rescaleFactor, crop } = config
  const shape = [crop.height, crop.width, mean.length]
  if (`${shape}` !== `${test.shape}`) throw new Error(`${JSON.stringify(test)} gives ${shape}`)
  const area = crop.height * crop.width
  let [worst, over, unequal] = [0, 0, 0]
  for (let i = 0; i < pixels.length; i++) {
    const channel = Math.floor(i / area)
    const byte = (pixels[i] * std[channel] + mean[channel]) / rescaleFactor
    const off = Math.abs(byte - expected[(i % area) * mean.length + channel])
    worst = Math.max(worst, off)
    if (off > 1.01) over++
    if (off > 0.5) unequal++
  }
  return { worst, over, unequal, values: pixels.length }
}

const cases = JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8'))
const rows = new Map()
for (const test of cases) {
  const result = await compare(test)
  if (result.over > 0) console.log(`off by ${result.worst.toFixed(2)}: ${JSON.stringify(test)}`)
  const row = rows.get(test.kind) ?? { pairs: 0, worst: 0, over: 0, unequal: 0, values: 0, slow: 0 }
  row.pairs++
  row.worst = Math.max(row.worst, result.worst)
  row.slow = Math.max(row.slow, test.slow ?? 0)
  for (const name of ['over', 'unequal', 'values']) row[name] += result[name]
  rows.set(test.kind, row)
}

const total = { pairs: 0, worst: 0, over: 0, unequal: 0, values: 0, slow: 0 }
for (const row of rows.values()) {
  for (const name of ['pairs', 'over', 'unequal', 'values']) total[name] += row[name]
  for (const name of ['worst', 'slow']) total[name] = Math.max(total[name], row[name])
}
const line = (...cells) =>
  console.log(
    cells[0].padEnd(26) +
      cells
        .slice(1)
        .map((cell) => `${cell}`.padStart(15))
        .join(''),
  )
line('config', 'pairs', 'max off, /255', 'over 1/255', 'unequal', 'transformers')
line('', '', '', 'values', 'values', 'with itself')
for (const [kind, { pairs, worst, over, unequal, values, slow }] of [...rows, ['all', total]])
  line(kind, pairs, worst.toFixed(2), over, `${((100 * unequal) / values).toFixed(3)} %`, slow ? slow.toFixed(2) : '–')
console.log("The last column: how far transformers' two backends, PyTorch tensors (the default) and Pillow, are apart.")
process.exitCode = total.over > 0 ? 1 : 0
