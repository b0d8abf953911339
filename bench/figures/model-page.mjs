import { statSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { pageScript } from '../../dist/cli/write-model-page.js'
import { understand } from '../../dist/inspect/index.js'
import { ViT } from '../../dist/nn/index.js'
import { Graph } from '../../dist/onnx/index.js'
import { renderModelPage } from '../../dist/report/index.js'
import { chromiumPath } from '../../dist/testing/chromium.js'
import { atMost, info, milliseconds, seconds } from '../lib/rows.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { medians } from '../lib/timing.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () =>
  chromiumPath === undefined ? 'needs a Chromium in PATH, or VITRINE_CHROMIUM=…/chromium' : undefined

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`

/** The page of `inspect --html` in a browser: how large it is, and how long one waits for it. */
export async function* measure() {
  const folder = temporaryFolder()
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  try {
    const base = `${folder}/vit-b.html`
    const wall = await writePageOfBase(folder, base)
    yield info('inspect --html, ViT-B/16 with decomposed LayerNorm and GELU, from start to end', seconds(wall))
    yield* rowsOf(browser, 'ViT-B/16', base)
    const deep = `${folder}/deep.html`
    const nodes = await writeDeepPage(deep)
    yield* rowsOf(browser, `128 blocks, ${nodes} nodes`, deep)
  } finally {
    await browser.close()
  }
}

async function writePageOfBase(folder, page) {
  const model = `${folder}/model.onnx`
  await vitrine(['export', 'vit_base_patch16_224', '--output', model, '--opset', '13'])
  return (await vitrine(['inspect', model, '--html', page])).seconds
}

/** A model of more nodes than ViT-H has from any exporter, though with small weights. */
async function writeDeepPage(page) {
  const config = { imageSize: 32, patchSize: 8, numClasses: 10, embedDim: 32, depth: 128, numHeads: 4 }
  const graph = new ViT(config).build(new Graph({ opset: 13 }))
  const model = { graph, producer: 'vitrine', opsets: new Map([['', 13]]), notes: [] }
  const measured = new Map(graph.nodes.map((node, i) => [node, i % 100]))
  const options = { title: 'deep', createdAt: '', script: await pageScript() }
  writeFileSync(page, renderModelPage(model, { understanding: understand(graph), measured }, options))
  return graph.nodes.length
}

async function* rowsOf(browser, name, path) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const [opening] = await medians([() => timeToOpen(page, path)], 7)
  const clicks = await timesOfClicks(page)
  await page.close()
  yield atMost(`${name}: size of the page`, statSync(path).size, 3e6, megabytes)
  yield atMost(`${name}: from opening until it is drawn`, opening / 1000, 1, seconds)
  yield atMost(
    `${name}: slowest answer to ${clicks.length} clicks, until it is drawn`,
    Math.max(...clicks),
    100,
    milliseconds,
  )
}

/** Milliseconds from the beginning of the navigation until the second frame after the script has run. */
async function timeToOpen(page, path) {
  await page.goto('about:blank')
  await page.goto(pathToFileURL(path).href, { waitUntil: 'commit' })
  return page.evaluate(`new Promise((resolve) => {
    const drawn = () => requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())))
    if (document.readyState === 'complete') drawn()
    else addEventListener('load', drawn)
  })`)
}

/** Opens blocks spread over the model down to a node, and back; milliseconds from each click to the frame after its answer. */
const timesOfClicks = (page) =>
  page.evaluate(`(async () => {
    const times = []
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    const click = async (target) => {
      await frame()
      const started = performance.now()
      target.dispatchEvent(new MouseEvent('click', { bubbles: true }))
      await frame()
      times.push(performance.now() - started)
    }
    const blocks = document.querySelectorAll('.storey.block')
    const last = (name) => document.querySelector('.column:last-child .box[aria-label^="' + name + '"]')
    for (let i = 0; i < 12; i++) {
      await click(blocks[Math.floor((i * (blocks.length - 1)) / 11)])
      await click(last(i % 2 ? 'Attention' : 'MLP'))
      await click(last(i % 2 ? 'Scaled dot' : 'GELU'))
      await click(last(i % 2 ? 'Softmax' : 'Erf'))
    }
    return times
  })()`)
