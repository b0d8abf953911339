import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { type GraphProto, ModelProtoSchema } from 'onnx-buf'
import { ViT } from '../nn/index.js'
import { encodeModel, encodeModelFiles, Graph } from '../onnx/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { assertFails, inPairs, noMounts, runShell, succeed, temporaryFolder, vitrine } from '../testing/command-line.js'

const folder = await temporaryFolder('bad-onnx')
const options = { imageSize: 16, patchSize: 8, embedDim: 32, depth: 1, numHeads: 2, numClasses: 3 }
const graph = new ViT(options).build(new Graph({ opset: 17 }))
const whole = encodeModel(graph)
const { model: withData, external } = encodeModelFiles(graph, 'weights.bin')

/** The model with something changed in its message. */
function changed(change: (graph: GraphProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, whole)
  change(model.graph!)
  return toBinary(ModelProtoSchema, model)
}

/** For a terminal and for a page. */
const evil = '\u001b[31m</script><script>alert(1)</script>\n"\''

await Promise.all(
  Object.entries({
    'good.onnx': whole,
    'empty.onnx': '',
    'text.onnx': 'no model\n',
    'page.onnx': '<!DOCTYPE html><html>Not found</html>',
    'cut.onnx': whole.subarray(0, whole.length - 1000),
    'model.pt': 'PK\u0003\u0004',
    'model.safetensors': '{}',
    'missing-data.onnx': withData,
    'short/short-data.onnx': withData,
    'short/weights.bin': Buffer.concat([...external!]).subarray(0, 100),
    'broken-node.onnx': changed(({ node }) => {
      node.find(({ opType }) => opType === 'LayerNormalization')!.attribute[0]!.type = 3
    }),
    'evil.onnx': changed(({ node }) => {
      for (const [i, item] of node.entries()) [item.name, item.docString] = [`${evil}${i}`, evil]
    }),
    'a-folder.onnx/file': '',
  }).map(([name, content]) => nodeFiles.write(`${folder}/${name}`, content)),
)

const bad: [file: string, RegExp][] = [
  ['nosuch.onnx', /nosuch\.onnx/],
  ['a-folder.onnx', /a-folder\.onnx/],
  ['empty.onnx', /empty\.onnx cannot be read: it is not an ONNX model/],
  ['text.onnx', /text\.onnx cannot be read: it is not an ONNX model/],
  ['page.onnx', /page\.onnx cannot be read: it is not an ONNX model/],
  ['cut.onnx', /cut\.onnx cannot be read: it is not an ONNX model, or it is cut short/],
  ['model.pt', /model\.pt/],
  ['model.safetensors', /model\.safetensors/],
  ['missing-data.onnx', /cannot read .*weights\.bin: there is no such file/],
  ['short/short-data.onnx', /short-data\.onnx cannot be read: tensor \S+ lies outside the file weights\.bin/],
  ['broken-node.onnx', /broken-node\.onnx.*LayerNormalization/],
]

test('a file that is no sound model is refused in one sentence', async () => {
  await inPairs(bad, ([file, words]) => refuses(['inspect', file], words))
})

test('so it is by commands that write, and nothing is written', async () => {
  const commands = [
    ['inspect', '--html', 'out/page.html'],
    ['optimize', '--output', 'out/fast.onnx'],
    ['convert', '--to', 'hf', '--output', 'out/hf'],
  ]
  const files = bad.filter(([file]) => /cut|missing|broken/.test(file))
  const cases = commands.flatMap(([command, ...flags]) =>
    files.map(([file, words]) => [[command!, file, ...flags], words] as const),
  )
  await inPairs(cases, ([args, words]) => refuses(args, words))
  assert.equal(await nodeFiles.kind(`${folder}/out`), undefined)
})

async function refuses(args: readonly string[], words: RegExp) {
  const ended = await vitrine(folder, ...args)
  assertFails(ended, 1, words)
  assert.equal(ended.stdout, '')
}

test('no output replaces the model that it comes from', async () => {
  for (const args of [
    ['inspect', 'good.onnx', '--html', 'good.onnx'],
    ['optimize', 'good.onnx', '--output', './good.onnx'],
  ])
    assertFails(await vitrine(folder, ...args), 1, /good\.onnx/)
  assert.deepEqual(await nodeFiles.read(`${folder}/good.onnx`), whole)
})

test('names out of a file stay text, on the terminal and in the page', async () => {
  const { stdout } = await succeed(folder, 'inspect', 'evil.onnx')
  assert.ok(!stdout.includes('\u001b'))
  await succeed(folder, 'inspect', 'evil.onnx', '--html', 'evil/page.html')
  const page = await nodeFiles.readText(`${folder}/evil/page.html`)
  assert.match(page, /alert\(1\)/)
  assert.doesNotMatch(page, /<script>alert|<\/script><script>/)
})

test('a full or read-only disk leaves what was there', { skip: noMounts }, async () => {
  for (const command of ['inspect good.onnx --html', 'optimize good.onnx --output']) {
    const path = command.startsWith('inspect') ? 'small/page.html' : 'small/fast.onnx'
    const script = `mkdir -p small && mount -t tmpfs -o size=12k tmpfs small
      echo older > ${path}; code=0; vitrine ${command} ${path} || code=$?
      mount -o remount,ro small; again=0; vitrine ${command} ${path} 2> /dev/null || again=$?
      cat ${path}; ls small; exit $((10 * code + again))`
    const ended = await runShell(folder, script, { mounts: true })
    assertFails({ ...ended, code: Math.floor(ended.code! / 10) }, 1, /cannot write small\/.*the disk is full/)
    assert.equal(ended.code, 11)
    assert.match(ended.stdout, /older\n\S+\n$/)
  }
})
