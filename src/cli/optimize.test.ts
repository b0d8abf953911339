import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { assertFails, succeed, vitrine, workplace } from '../testing/command-line.js'

const folder = await workplace('optimize')
await succeed(folder, 'export', 'tiny', '--output', 'a.onnx', '--opset', '13')
const digest = (file: string) =>
  createHash('sha256')
    .update(readFileSync(`${folder}/${file}`))
    .digest('hex')
const original = digest('a.onnx')

test('the report says what was done, and the file does what it says', async () => {
  const { stdout } = await succeed(folder, 'optimize', 'a.onnx', '--output', 'new/b.onnx', '--images', 'pics', '--json')
  const report = JSON.parse(stdout)
  assert.deepEqual([report.file, report.output, report.leftOut], ['a.onnx', 'new/b.onnx', []])
  assert.deepEqual(report.opset, { before: 13, after: 20 })
  assert.equal(report.bytes.after, readFileSync(`${folder}/new/b.onnx`).length)
  assert.ok(report.nodes.after < report.nodes.before)
  assert.ok(report.largestDifference.relative < 1e-5)
  assert.ok(report.comparisons.some(({ inputs }: { inputs: string }) => inputs.startsWith('pics/')))
  for (const times of [report.milliseconds.load, report.milliseconds.run])
    assert.ok(times.before > 0 && times.after > 0)

  const facts = JSON.parse((await succeed(folder, 'inspect', 'new/b.onnx', '--json')).stdout)
  assert.equal(facts.totals.nodes, report.nodes.after)
  assert.equal(digest('a.onnx'), original)
})

test('the text has a table of both models', async () => {
  const { stdout } = await succeed(folder, 'optimize', 'a.onnx', '--output', 'c.onnx', '--fp16')
  assert.match(stdout, /^c\.onnx: \d+ nodes in place of \d+, opset 20 in place of 13\./)
  assert.match(stdout, /Gelu +\d+ +\d+\n/)
  assert.match(stdout, /weights as float16 +\d+ +\d+\n/)
  assert.match(stdout, /to run, random, batch 1 +[\d.,]+ ms +[\d.,]+ ms\n/)
  assert.ok(readFileSync(`${folder}/c.onnx`).length < 0.7 * readFileSync(`${folder}/a.onnx`).length)
})

test('what cannot be done is said in one sentence, and nothing is written over', async () => {
  writeFileSync(`${folder}/text.onnx`, 'no model')
  const refused = async (code: number, word: RegExp, file: string, ...flags: string[]) =>
    assertFails(await vitrine(folder, 'optimize', file, ...flags), code, word)
  await refused(1, /a\.onnx belongs to the model that is read: name another file/, 'a.onnx', '--output', './a.onnx')
  await refused(1, /text\.onnx cannot be read/, 'text.onnx', '--output', 'd.onnx')
  await refused(1, /opset 13, which cannot become the older/, 'a.onnx', '--output', 'd.onnx', '--opset', '11')
  await refused(2, /name a file that ends in \.onnx/, 'a.onnx', '--output', 'd.txt')
  await refused(2, /leave --attention out/, 'a.onnx', '--output', 'd.onnx', '--attention', '--runtime', 'onnxruntime')
  assert.equal(digest('a.onnx'), original)
  assert.equal(existsSync(`${folder}/d.onnx`), false)
})
