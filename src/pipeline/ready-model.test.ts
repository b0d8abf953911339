import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Files } from '../runtime/files.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime, nodeRuntime } from '../runtime/node/runtime.js'
import { Classifier } from './classifier.js'

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))

const pixels = () => ({
  dtype: 'float32' as const,
  shape: [2, 3, 32, 32],
  data: Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(0.01 * i)),
})

async function logitsOf(files: Files, runtime: typeof inlineRuntime, folder: string) {
  const classifier = await Classifier.load(files, runtime, folder)
  const logits = await classifier.logits(pixels())
  await classifier.close()
  return logits.data
}

// timm's weights all lie in the file as the runtime wants them, of Hugging Face's the query, key and value do not.
for (const name of ['timm-tiny-vit', 'hf-tiny-vit'])
  test(`${name}: weights mapped from their file give the logits that copied ones give`, async () => {
    const folder = fixture(name)
    const paths = new Map<ArrayBufferLike, string>()
    let asked = 0
    const mapping: Files = {
      ...nodeFiles,
      async read(path) {
        const bytes = await nodeFiles.read(path)
        paths.set(bytes.buffer, path)
        return bytes
      },
      async origin(buffer) {
        if (paths.has(buffer)) asked++
        return paths.get(buffer)
      },
    }
    const copied = await logitsOf(nodeFiles, inlineRuntime, folder)
    const { logits } = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'))
    assert.ok(Math.abs(Number(copied[0]) - logits.flat()[0]) < 1e-4)
    assert.deepEqual(await logitsOf(mapping, inlineRuntime, folder), copied)
    assert.deepEqual(await logitsOf(mapping, nodeRuntime, folder), copied)
    assert.ok(asked >= 2, 'the file was mapped')
  })
