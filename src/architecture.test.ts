import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

// The folders from the top of the house to its ground: imports only ever point down.
const order = [
  'cli',
  'report',
  'train',
  'pipeline',
  'inspect',
  'data',
  'image',
  'nn',
  'weights',
  'autodiff',
  'runtime',
  'onnx',
]
const mayUseNode = ['runtime/node/', 'data/node/', 'node.ts', 'cli/', 'testing/']

const source = fileURLToPath(new URL('../src/', import.meta.url))

function sourceFiles(folder = ''): string[] {
  return readdirSync(source + folder).flatMap((name) => {
    const path = folder + name
    if (statSync(source + path).isDirectory()) return sourceFiles(`${path}/`)
    return /\.ts$/.test(name) && !/\.test\.ts$/.test(name) ? [path] : []
  })
}

function importsOf(path: string): string[] {
  const text = readFileSync(source + path, 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!)
}

/** Whether an import of a file leads into a folder that needs Node. */
function isForNode(imported: string, path: string): boolean {
  if (!imported.startsWith('.')) return false
  return /^\/(runtime|data)\/node\/|^\/node\.js$/.test(new URL(imported, `file:///${path}`).pathname)
}

test('imports only point down the house', () => {
  const wrong: string[] = []
  for (const path of sourceFiles()) {
    const from = order.indexOf(path.split('/')[0]!)
    if (from < 0) continue
    for (const imported of importsOf(path).filter((name) => name.startsWith('.'))) {
      const target = new URL(imported, `file:///${path}`).pathname.slice(1)
      const to = order.indexOf(target.split('/')[0]!)
      if (to >= 0 && to < from) wrong.push(`${path} imports ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the library runs in a browser: only the named folders touch Node', () => {
  const wrong = sourceFiles()
    .filter((path) => !mayUseNode.some((folder) => path.startsWith(folder)))
    .flatMap((path) =>
      importsOf(path)
        .filter((name) => name.startsWith('node:') || isForNode(name, path))
        .map((name) => `${path}: ${name}`),
    )
  assert.deepEqual(wrong, [])
})
