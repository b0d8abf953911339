import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { ViT } from '../nn/index.js'
import { encodeModel, Graph, readModel } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Session } from '../runtime/session.js'
import { chromiumPath } from '../testing/chromium.js'
import { understand } from './index.js'

const entry = new URL('index.js', import.meta.url).href
/** A module's path on this machine, under which the server has it too. */
const pathOf = (module: string) => new URL(module, import.meta.url).pathname

/** Every module that an import of vitrine/inspect loads, by its URL, and what each name of a package stands for. */
function loadedModules() {
  const packages = new Map<string, string>()
  const modules = new Set([entry])
  for (const module of modules) {
    const text = readFileSync(fileURLToPath(module), 'utf8')
    for (const [, name] of text.matchAll(/(?:^|;)\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm)) {
      const isPackage = !/^[./]/.test(name!)
      const target = isPackage ? import.meta.resolve(name!) : new URL(name!, module).href
      if (isPackage) packages.set(name!, target)
      if (target.startsWith('file:')) modules.add(target)
    }
  }
  return { modules: [...modules], packages }
}

test('vitrine/inspect loads nothing that only Node has, packages included', () => {
  const { modules, packages } = loadedModules()
  assert.ok(modules.length > 100, 'imports are followed')
  assert.deepEqual(
    [...packages].filter(([, target]) => !target.startsWith('file:')),
    [],
  )
  assert.deepEqual(
    modules.filter((module) => /\/dist\/(cli|runtime\/node|data\/node|testing)\//.test(module)),
    [],
  )
})

const options = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 2, numHeads: 3, numClasses: 4 }
const skip = chromiumPath === undefined && 'no Chromium in PATH and no VITRINE_CHROMIUM'

test('a browser reads, explains and optimises a model as Node does', { skip }, async (t) => {
  const bytes = encodeModel(new ViT(options).build(new Graph({ opset: 11 })))
  const server = createServer((request, response) => {
    const [kind, content] =
      request.url === '/'
        ? ['text/html', page()]
        : request.url === '/model.onnx'
          ? ['application/octet-stream', bytes]
          : ['text/javascript', readFileSync(request.url!)]
    response.setHeader('Content-Type', kind).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const tab = await browser.newPage()
  const errors: string[] = []
  tab.on('pageerror', (error) => errors.push(error.message))
  // The page's runtime is this process, to which tensors go as text.
  const sessions: Session[] = []
  await tab.exposeFunction('createSession', async (model: string, files: [string, string][]) => {
    const externalData = Object.fromEntries(files.map(([name, data]) => [name, fromBase64(data)]))
    return sessions.push(await inlineRuntime.createSession(fromBase64(model), { externalData, threads: 1 })) - 1
  })
  await tab.exposeFunction('runSession', async (index: number, feeds: SentTensors) => {
    const { bytesOf, viewBytes } = await import('../onnx/index.js')
    const tensors = feeds.map(
      ([name, dtype, shape, data]) => [name, { dtype, shape, data: viewBytes(dtype, fromBase64(data)) }] as const,
    )
    const results = await sessions[index]!.run(Object.fromEntries(tensors))
    return Object.entries(results).map(([name, { dtype, shape, data }]) => [
      name,
      dtype,
      shape,
      Buffer.from(bytesOf(data)).toString('base64'),
    ])
  })
  await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const told = await tab.evaluate<{ sentence: string; nodes: number[]; relative: number }>(inBrowser)
  const { graph } = readModel(bytes)
  assert.deepEqual(errors, [])
  assert.equal(told.sentence, understand(graph).sentence)
  assert.equal(told.nodes[0], graph.nodes.length)
  assert.ok(told.nodes[1]! < graph.nodes.length / 2, `${told.nodes[1]} nodes are left`)
  assert.ok(told.relative < 1e-4)
  await Promise.all(sessions.map((session) => session.close()))
})

type SentTensors = [name: string, dtype: 'float32' | 'int64', shape: number[], data: string][]

const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

/** A page that finds packages where Node does. */
function page(): string {
  const imports = Object.fromEntries([...loadedModules().packages].map(([name, url]) => [name, pathOf(url)]))
  return `<!DOCTYPE html><title>vitrine</title><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>`
}

/** What the browser does. As text, since this file is compiled for Node. */
const inBrowser = `(async () => {
  const { optimize, readModel, understand } = await import('${pathOf('./index.js')}')
  const { bytesOf, viewBytes } = await import('${pathOf('../onnx/index.js')}')
  const send = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  const receive = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const runtime = {
    async createSession(model, { externalData = {} } = {}) {
      const files = Object.entries(externalData).map(([name, data]) => [name, send(data)])
      const index = await createSession(send(model), files)
      return {
        async run(feeds) {
          const sent = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [name, dtype, shape, send(bytesOf(data))])
          const results = await runSession(index, sent)
          return Object.fromEntries(results.map(([name, dtype, shape, data]) => [name, { dtype, shape, data: viewBytes(dtype, receive(data)) }]))
        },
        async close() {},
      }
    },
  }
  const model = readModel(new Uint8Array(await (await fetch('/model.onnx')).arrayBuffer()))
  const { sentence } = understand(model.graph)
  const { graph, report } = await optimize(model.graph, { runtime })
  return { sentence, nodes: [model.graph.nodes.length, graph.nodes.length], relative: report.largestDifference.relative }
})()`
