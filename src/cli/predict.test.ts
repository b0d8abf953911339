import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { test } from 'node:test'
import sharp from 'sharp'
import { nodeFiles } from '../runtime/node/files.js'
import {
  assertFails,
  inPairs,
  png,
  quickTraining,
  runShell,
  succeed,
  vitrine,
  workplace,
  writeTinyModel,
} from '../testing/command-line.js'

const folder = await workplace('predict')
await succeed(folder, 'train', 'pics', ...quickTraining, '--epochs', '2', '--output', 'run')

interface Result {
  file: string
  predictions: { label: string; score: number }[]
}

/** What `predict --json` prints about files, which all have to be good. */
async function predict(...args: string[]): Promise<Result[]> {
  return JSON.parse((await succeed(folder, 'predict', ...args, '--json')).stdout)
}

test('--json lists every file with its classes, most probable first', async () => {
  const [result, ...others] = await predict('run', 'pics/red/red-1.png')
  assert.deepEqual(others, [])
  assert.equal(result!.file, 'pics/red/red-1.png')
  const { predictions } = result!
  assert.equal(predictions[0]!.label, 'red')
  assert.deepEqual(predictions.map(({ label }) => label).sort(), ['blue', 'green', 'red'])
  assert.ok(predictions[0]!.score > predictions[1]!.score && predictions[1]!.score > predictions[2]!.score)
  assert.ok(Math.abs(predictions.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-6)
  assert.equal((await predict('run', 'pics/red/red-1.png', '--top-k', '1'))[0]!.predictions.length, 1)
})

test('for people it prints a line a class', async () => {
  const { stdout } = await succeed(folder, 'predict', 'run', 'pics/red/red-1.png', 'pics/blue/blue-1.png')
  const lines = 'class: \\S+ +prob: [\\d.e-]+\\n'
  assert.match(
    stdout,
    RegExp(
      `^pics/red/red-1\\.png\\nclass: red  .*\\n(${lines}){2}\\npics/blue/blue-1\\.png\\nclass: blue .*\\n(${lines}){2}$`,
    ),
  )
})

interface Fixture {
  file: string
  width: number
  height: number
  rgb: string
}

/** Pictures of all kinds, and the pixels that Pillow reads from them. */
function pillowFixtures(): [name: string, file: Uint8Array, twin: Promise<Uint8Array>][] {
  const text = readFileSync(new URL('../../test/fixtures/decode.json', import.meta.url), 'utf8')
  return Object.entries(JSON.parse(text) as Record<string, Fixture>).map(([name, { file, width, height, rgb }]) => [
    name,
    Buffer.from(file, 'base64'),
    png(Buffer.from(rgb, 'base64'), width, height),
  ])
}

/** A PNG with 16 bits a channel, and the twin that has the upper bytes. */
async function deepFixture(): Promise<[name: string, file: Uint8Array, twin: Promise<Uint8Array>]> {
  const values = Uint16Array.from({ length: 20 * 14 * 3 }, (_, i) => (i * 2749) % 65536)
  const raw = { width: 20, height: 14, channels: 3 } as const
  const file = await sharp(values, { raw }).toColourspace('rgb16').png().toBuffer()
  assert.equal((await sharp(file).metadata()).depth, 'ushort')
  return [
    'deep.png',
    file,
    png(
      Uint8Array.from(values, (value) => value >> 8),
      20,
      14,
    ),
  ]
}

test('a picture of any kind gets the prediction of its plain RGB twin', async () => {
  const fixtures = [...pillowFixtures(), await deepFixture()]
  for (const kind of ['grey', 'rgba', 'cmyk', 'palette', 'exif', 'progressive', 'webp', 'animated', 'deep'])
    assert.ok(
      fixtures.some(([name]) => name.includes(kind)),
      kind,
    )
  for (const [name, file, twin] of fixtures) {
    await nodeFiles.write(`${folder}/kinds/${name}`, file)
    await nodeFiles.write(`${folder}/twins/${name}`, await twin)
  }
  const [kinds, twins] = await Promise.all([predict('run', 'kinds'), predict('run', 'twins')])
  assert.equal(kinds.length, fixtures.length)
  for (const [i, { file, predictions }] of kinds.entries()) {
    // Decoders of JPEG and lossy WebP may differ by a rounding between machines.
    const tolerance = /\.(jpg|webp)$/.test(file) ? 0.01 : 0
    const twin = new Map(twins[i]!.predictions.map(({ label, score }) => [label, score]))
    for (const { label, score } of predictions)
      assert.ok(Math.abs(score - twin.get(label)!) <= tolerance, `${file}: ${label} ${score}, ${twin.get(label)}`)
  }
  // The comparison means something only where different pictures get different predictions.
  assert.ok(new Set(kinds.map(({ predictions }) => predictions[0]!.score)).size > 8)
})

test('what is broken or missing is reported, and the rest goes on', async () => {
  await nodeFiles.write(`${folder}/mixed/fake.png`, 'hello')
  await nodeFiles.write(
    `${folder}/mixed/cut.png`,
    (await nodeFiles.read(`${folder}/pics/red/red-1.png`)).slice(0, 2000),
  )
  await copyFile(`${folder}/pics/red/red-2.png`, `${folder}/mixed/good.png`)
  await mkdir(`${folder}/empty`)
  const paths = ['mixed', 'none.png', 'empty', 'tiny/config.json', 'pics/red/red-1.png']
  const { code, stdout, stderr } = await vitrine(folder, 'predict', 'run', ...paths, '--json')
  assert.equal(code, 1)
  assert.deepEqual(
    (JSON.parse(stdout) as Result[]).map(({ file }) => file),
    ['mixed/good.png', 'pics/red/red-1.png'],
  )
  assert.deepEqual(stderr.split('\n'), [
    'error: cannot use the picture mixed/cut.png: truncated or broken PNG, replace or remove it',
    'error: cannot use the picture mixed/fake.png: not an image, replace or remove it',
    'error: cannot read none.png: there is no such file or folder, check the path',
    'error: empty holds no pictures: name a folder with some, or a picture',
    'error: cannot use the picture tiny/config.json: not an image, replace or remove it',
    '',
  ])
})

test('nothing but failures is still a JSON document', async () => {
  const ended = await vitrine(folder, 'predict', 'run', 'none.png', '--json')
  assertFails(ended, 1, /none\.png/)
  assert.deepEqual(JSON.parse(ended.stdout), [])
})

test('names may have spaces, quotes, line breaks and anything else', async () => {
  const names = ['a b.png', `it's "so".png`, 'line\nbreak.png', 'größe-花.PNG', '-dash.png', '<script>.png']
  for (const name of names) {
    await mkdir(`${folder}/names`, { recursive: true })
    await copyFile(`${folder}/pics/red/red-1.png`, `${folder}/names/${name}`)
  }
  const results = await predict('run', ...names.map((name) => `names/${name}`))
  assert.deepEqual(
    results.map(({ file }) => file),
    names.map((name) => `names/${name}`),
  )
  await nodeFiles.write(`${folder}/line\nbroken.png`, 'hello')
  assertFails(await vitrine(folder, 'predict', 'run', 'line\nbroken.png'), 1, /line\\x0abroken\.png/)
})

test('folders are searched, linked and nested ones too, whatever way they are named', async () => {
  await mkdir(`${folder}/nested/one/two`, { recursive: true })
  await copyFile(`${folder}/pics/red/red-1.png`, `${folder}/nested/one/two/deep.png`)
  await symlink(`${folder}/pics/green`, `${folder}/nested/link`)
  const expected = [...Array.from({ length: 10 }, (_, i) => `link/green-${i}.png`), 'one/two/deep.png']
  const forms = [
    ['nested', 'nested/'],
    ['./nested', './nested/'],
    [`${folder}/nested`, `${folder}/nested//`],
  ]
  await inPairs(forms.flat(), async (form) => {
    const files = (await predict('run/', form)).map(({ file }) => file)
    const root = form.replace(/\/+$/, '')
    assert.deepEqual(
      files,
      expected.map((name) => `${root}/${name}`),
    )
  })
  const elsewhere = await succeed(`${folder}/nested`, 'predict', '../run', 'one', '--json')
  assert.equal(JSON.parse(elsewhere.stdout)[0].file, 'one/two/deep.png')
})

test('the .onnx file alone gives the same: labels and preprocessing travel with it', async () => {
  await mkdir(`${folder}/alone`)
  await copyFile(`${folder}/run/onnx/model.onnx`, `${folder}/alone/m.onnx`)
  assert.deepEqual(await predict('alone/m.onnx', 'pics/red', 'kinds'), await predict('run', 'pics/red', 'kinds'))
})

test('a model that is none, or not whole, is one sentence', async () => {
  await nodeFiles.write(`${folder}/fake.onnx`, 'hello')
  const onnx = await nodeFiles.read(`${folder}/run/onnx/model.onnx`)
  await nodeFiles.write(`${folder}/cut.onnx`, onnx.subarray(0, onnx.length / 2))
  await writeTinyModel(`${folder}/wide`, { embedDim: 48 })
  await writeTinyModel(`${folder}/mixture`)
  await copyFile(`${folder}/wide/model.safetensors`, `${folder}/mixture/model.safetensors`)
  await writeTinyModel(`${folder}/short`)
  const weights = await nodeFiles.read(`${folder}/tiny/model.safetensors`)
  await nodeFiles.write(`${folder}/short/model.safetensors`, weights.subarray(0, weights.length - 100))
  const cases: [model: string, ...words: RegExp[]][] = [
    ['none.onnx', /cannot read none\.onnx: there is no such file/],
    ['fake.onnx', /fake\.onnx cannot be read/],
    ['cut.onnx', /cut\.onnx cannot be read/],
    ['pics', /pics has no weights: it should hold model\.safetensors/],
    ['tiny/config.json', /tiny\/config\.json is not an index of weights/],
    ['mixture', /mixture\/config\.json has the hidden_size 32, but the weights beside it 48/],
    ['short', /short\/model\.safetensors is not a valid safetensors file/],
  ]
  await inPairs(cases, async ([model, ...words]) => {
    const ended = await vitrine(folder, 'predict', model, 'pics/red/red-1.png')
    assertFails(ended, 1, ...words)
    assert.equal(ended.stdout, '')
  })
})

test('output may be cut off', { skip: process.platform === 'win32' && 'needs bash' }, async () => {
  const script = (args: string) => `vitrine predict run pics ${args} | head -1; exit \${PIPESTATUS[0]}`
  assert.deepEqual(await runShell(folder, script('')), {
    code: 0,
    signal: null,
    stdout: 'pics/blue/blue-0.png\n',
    stderr: '',
  })
  assert.deepEqual(await runShell(folder, script('--json')), { code: 0, signal: null, stdout: '[\n', stderr: '' })
})
