import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.js'
import { bytesOf, type DType } from '../onnx/tensor.js'
import { Random } from '../random.js'
import type { Files } from '../runtime/files.js'
import { nodeFiles } from '../runtime/node/index.js'
import { readTensors } from './read-tensors.js'

const root = new URL('../../', import.meta.url)
const fixtures = fileURLToPath(new URL('test/fixtures/checkpoints/', root))

interface Expected {
  name: string
  dtype: DType
  shape: number[]
  /** The bytes in row-major order. */
  hex: string
}
const expected: Record<string, Expected[]> = {}
for (const library of ['torch', 'numpy', 'paddle']) {
  Object.assign(expected, JSON.parse(readFileSync(`${fixtures}${library}.json`, 'utf8')))
}

/** One file, whatever its path. */
function filesOf(bytes: Uint8Array): Files {
  return { read: async () => bytes, kind: async () => 'file' } as Partial<Files> as Files
}

async function notesOf(file: string): Promise<string[]> {
  return (await readTensors(nodeFiles, fixtures + file)).notes
}

for (const [file, wanted] of Object.entries(expected)) {
  test(`${file} holds what its library has put in`, async () => {
    const { tensors } = await readTensors(nodeFiles, fixtures + file)
    for (const { name, dtype, shape, hex } of wanted) {
      const tensor = tensors.get(name)
      assert(tensor, `${name} is missing among ${[...tensors.keys()]}`)
      assert.deepEqual([tensor.dtype, tensor.shape], [dtype, shape], name)
      assert.equal(Buffer.from(bytesOf(tensor.data)).toString('hex'), hex, name)
    }
    // The JSON leaves out what is large.
    if (file !== 'big-vision.npz') assert.equal(tensors.size, wanted.length)
  })
}

test('what is compressed is inflated', async () => {
  const { tensors } = await readTensors(nodeFiles, `${fixtures}big-vision.npz`)
  assert.deepEqual(tensors.get('params/head/bias'), { dtype: 'float64', shape: [5000], data: new Float64Array(5000) })
})

test('every fixture is read or refused on purpose', () => {
  const refused = ['objects.npz', 'script.pt', 'whole-model.pth']
  const files = readdirSync(fixtures).filter((name) => !name.endsWith('.json'))
  assert.deepEqual(files.sort(), [...Object.keys(expected), ...refused].sort())
})

test('programs are refused', async () => {
  const refused = async (file: string, message: RegExp) => {
    await assert.rejects(readTensors(nodeFiles, fixtures + file), (error) => {
      assert(error instanceof UserError)
      assert.match(error.message, message)
      return true
    })
  }
  await refused(
    'whole-model.pth',
    /whole-model\.pth asks to call torch\.nn\.modules\.container\.Sequential: it is refused/,
  )
  await refused('script.pt', /script\.pt is a TorchScript program/)
  await refused('objects.npz', /objects\.npz: a is not a valid \.npy file \(its elements are of the kind \|O/)
})

test('notes say what was taken, left out and renamed', async () => {
  assert.deepEqual(await notesOf('state-dict.pth'), [])
  const rest = 'optimizer, lr_scheduler, epoch, args'
  assert.deepEqual(await notesOf('training.pth'), [`took the weights under model, not ${rest} and 7 more`])
  assert.deepEqual(await notesOf('training-ema.pth'), [
    'took the weights under model_ema, not model, optimizer, lr_scheduler, epoch and 8 more',
  ])
  assert.deepEqual(await notesOf('other-key.pth'), ['took the weights under my_weights, not epoch'])
  assert.deepEqual(await notesOf('dino.pth'), [
    'took the weights under teacher, not student, epoch',
    'left out head.mlp.0.weight, which only the pretraining needs',
    'removed backbone. from the names',
  ])
  assert.deepEqual(await notesOf('compiled.pth'), [
    'removed _orig_mod. from the names',
    'removed module. from the names',
  ])
  assert.deepEqual(await notesOf('paddle-4.pdparams'), [])
})

test('the metadata of a safetensors file come along', async () => {
  const path = fileURLToPath(new URL('test/fixtures/safetensors/all-dtypes.safetensors', root))
  const { metadata, tensors } = await readTensors(nodeFiles, path)
  assert.deepEqual(metadata, { format: 'pt "é"' })
  assert.equal(tensors.size, 23)
})

test('tensors of PyTorch are views of the file, and share what they share there', async () => {
  const bytes = new Uint8Array(readFileSync(`${fixtures}views.pth`))
  const { tensors } = await readTensors(filesOf(bytes), 'views.pth')
  for (const name of ['base', 'matrix', 'slice', 'one row', 'element']) {
    assert.equal(tensors.get(name)!.data.buffer, bytes.buffer, name)
  }
  assert.equal(tensors.get('slice')!.data.byteOffset, tensors.get('base')!.data.byteOffset + 5 * 4)
  assert.notEqual(tensors.get('transposed')!.data.buffer, bytes.buffer)
})

test('a Buffer, and bytes that are not aligned, are read alike', async () => {
  for (const file of ['dtypes.pth', 'views.pth', 'legacy.pth', 'vit-jax.npz', 'numpy-2.pkl', 'paddle-2.pdparams']) {
    const bytes = readFileSync(fixtures + file)
    const straight = await readTensors(filesOf(new Uint8Array(bytes)), file)
    for (const shift of [1, 2, 4]) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift)
      assert.deepEqual((await readTensors(filesOf(shifted), file)).tensors, straight.tensors)
    }
  }
})

test('the content tells the format, not the name', async () => {
  for (const [file, wanted] of Object.entries(expected).filter(([file]) => /\.\w+$/.test(file))) {
    const { tensors } = await readTensors(filesOf(new Uint8Array(readFileSync(fixtures + file))), 'model.safetensors')
    assert(tensors.size >= wanted.length)
  }
})

test('a folder without weights, and a file that is not there', async () => {
  const folder = fixtures.replace(/\/$/, '')
  await assert.rejects(readTensors(nodeFiles, `${folder}/..`), /\.\. has no weights: it should hold model\.safetensors/)
  await assert.rejects(
    readTensors(nodeFiles, folder),
    /checkpoints has more than one file of weights \(averaged\.pth, /,
  )
  await assert.rejects(readTensors(nodeFiles, `${folder}/none.pth`), /cannot read .*none\.pth: there is no such file/)
})

// Whatever is broken, the error is one for the user.
const small = Object.keys(expected).filter((file) => /\.\w+$/.test(file))

async function survives(bytes: Uint8Array): Promise<boolean> {
  try {
    await readTensors(filesOf(bytes), 'f')
    return true
  } catch (error) {
    assert(error instanceof UserError, error instanceof Error ? error.stack : String(error))
    assert.match(error.message, /^f[: ]/)
    assert([...error.message].every((character) => character >= ' '))
    return false
  }
}

test('files that are cut short anywhere', async () => {
  for (const file of [
    'state-dict.pth',
    'legacy.pth',
    'versions.npz',
    'numpy-0.pkl',
    'numpy-4.pkl',
    'paddle-2.pdparams',
  ]) {
    const bytes = new Uint8Array(readFileSync(fixtures + file))
    for (let length = 0; length < bytes.length; length++) {
      assert(!(await survives(bytes.slice(0, length))), `${file} after ${length} bytes`)
    }
  }
})

test('files with wrong bytes', async () => {
  const random = new Random('broken checkpoints')
  let refused = 0
  for (const file of small) {
    const bytes = new Uint8Array(readFileSync(fixtures + file))
    for (let round = 0; round < 40; round++) {
      const broken = bytes.slice()
      for (let i = random.integer(4); i >= 0; i--) broken[random.integer(broken.length)] = random.integer(256)
      if (!(await survives(broken))) refused++
    }
  }
  assert(refused > small.length * 10, `${refused} refused`)
})

test('files with wrong bits, pieces swapped and bytes doubled', async () => {
  const random = new Random('mangled checkpoints')
  for (const file of small) {
    const bytes = new Uint8Array(readFileSync(fixtures + file))
    for (let round = 0; round < 20; round++) {
      const broken = bytes.slice()
      broken[random.integer(broken.length)]! ^= 1 << random.integer(8)
      const from = random.integer(broken.length)
      const length = random.integer(64)
      broken.copyWithin(random.integer(broken.length), from, from + length)
      await survives(broken)
    }
  }
})

const shared = '../shared/weights/vit_tiny_patch16_224'
const sharedPath = fileURLToPath(new URL(shared, root))
test('a pretrained ViT-Ti/16', { skip: existsSync(sharedPath) ? false : `needs ${shared}` }, async () => {
  const { tensors, notes } = await readTensors(nodeFiles, sharedPath)
  assert.deepEqual(notes, [])
  assert.equal(tensors.size, 152)
})
