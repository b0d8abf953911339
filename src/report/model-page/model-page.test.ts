import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { pageScript } from '../../cli/write-model-page.js'
import { understand } from '../../inspect/index.js'
import { ViT } from '../../nn/index.js'
import { Graph, Node, string } from '../../onnx/index.js'
import { chromiumPath } from '../../testing/chromium.js'
import { temporaryFolder } from '../../testing/temporary-folder.js'
import { renderModelPage } from './model-page.js'

const nasty = `</script><script>document.title='broken in'</script><img src=x onerror="document.title='broken in'">"'&lt;`
const script = await pageScript()

function pageOf(graph: Graph, title = 'model.onnx', producer = ''): string {
  const measured = new Map(graph.nodes.map((node) => [node, node.op === 'Gemm' ? 900 : 10]))
  return renderModelPage(
    { graph, producer, opsets: new Map([['', graph.opset]]), notes: [producer] },
    { understanding: understand(graph), measured },
    { title, createdAt: '2026-01-31T09:05:59.000Z', script },
  )
}

/** A ViT whose LayerNorms and GELUs are decomposed. */
const vitPage = () =>
  pageOf(
    new ViT({ imageSize: 32, patchSize: 8, numClasses: 3, embedDim: 24, depth: 2, numHeads: 2 }).build(
      new Graph({ opset: 16 }),
    ),
  )

/** A graph in which everything that can have a name has a nasty one. */
function nastyGraph(): Graph {
  const graph = new Graph({ name: nasty })
  const x = graph.input(`${nasty}1`, 'float32', [nasty, 3])
  const weight = graph.initializer(`${nasty}2`, 'float32', [3], new Float32Array([1, 2, 3]))
  const node = new Node(graph, nasty, `${nasty}3`, [x, weight], { [nasty]: string(nasty) }, nasty)
  const [y] = graph.append(node, [`${nasty}4`], [{ dtype: 'float32', shape: [nasty, 3] }])
  graph.output(`${nasty}4`, y!)
  return graph
}

const tagsOf = (page: string): string[] =>
  page.replace(/(<(script|style)\b[^>]*>).*?<\/\2>/gs, '$1').match(/<[a-z!][^\s>]*/gi) ?? []

test('text from the file stays text', () => {
  const calm = nastyGraph()
  const page = pageOf(calm, nasty, nasty)
  assert.equal(tagsOf(page).filter((tag) => tag === '<script').length, 2)
  assert.ok(!tagsOf(page).includes('<img'))
  assert.doesNotMatch(page.match(/id="model">(.*?)<\/script>/s)![1]!, /</)
})

test('a page loads nothing', () => {
  const page = vitPage()
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/)
  assert.doesNotMatch(page, /<link|@import|url\((?!#)|\ssrc="|\shref=|\bimport\s*\(|\bimport .* from /)
})

/** Opens a page; fails where its script does. */
async function open(browser: Browser, html: string): Promise<{ page: Page; errors: string[] }> {
  const path = `${await temporaryFolder('page')}/page.html`
  writeFileSync(path, html)
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(pathToFileURL(path).href)
  return { page, errors }
}

const skip = chromiumPath === undefined && 'no Chromium in PATH and no VITRINE_CHROMIUM'

test('in a browser', { skip }, async (t) => {
  const browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const { page, errors } = await open(browser, vitPage())
  const crumbs = () => page.locator('#crumbs').innerText()
  const box = (name: string) => page.locator(`.column:last-child .box[aria-label^="${name}"]`).first()
  /** Where somebody is who reads the crumbs, or hears what has the focus. */
  const here = async () => (await crumbs()).replaceAll('\n', ' › ')
  const focus = () => page.evaluate<string>(`document.activeElement?.getAttribute('aria-label') ?? ''`)

  await t.test('a part opens beside, down to its nodes, and a node tells what it is', async () => {
    assert.equal(await here(), 'Model › Encoder › Block 0')
    await box('LayerNorm').click()
    assert.equal(await page.locator('.column').count(), 3)
    await box('Pow').click()
    assert.equal(await here(), 'Model › Encoder › Block 0 › LayerNorm › Pow')
    assert.match(await page.locator('#inspector').innerText(), /float32 \[batch, 17, 24\]/)
    assert.equal(await page.locator('.formula .chosen').first().getAttribute('data-term'), 'square')
  })

  await t.test('a term of the formula lights up with its node, and the other way round', async () => {
    await page.locator('.box[data-term=variance]').hover()
    assert.equal(await page.locator('.formula .lit').getAttribute('data-term'), 'variance')
    await page.locator('.formula [data-term=epsilon]').hover()
    assert.match((await page.locator('.box.lit').getAttribute('aria-label'))!, /^Add, 1e-6/)
  })

  await t.test('arrows walk, Enter opens, Escape closes, / searches', async () => {
    await page.locator('.storey.block').nth(1).click()
    await page.keyboard.press('Enter')
    assert.match(await focus(), /^LayerNorm/)
    await page.keyboard.press('ArrowDown')
    assert.match(await focus(), /^Attention/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    assert.equal(await here(), 'Model › Encoder › Block 1')
    assert.match(await focus(), /^Block 1/)
    await page.keyboard.press('/')
    await page.keyboard.type('softmax 17x17')
    // One a block.
    assert.equal(await page.locator('#results [role=option]').count(), 2)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    assert.match(await here(), /Block 1 › Attention › Scaled dot product › Softmax$/)
  })

  await t.test('a weight is shown with its histogram, the run with time and memory', async () => {
    await page.locator('.storey.block').nth(0).click()
    await box('MLP').click()
    await box('Linear').click()
    assert.equal(await page.locator('#inspector .histogram').count(), 2)
    assert.match(await page.locator('#inspector').innerText(), /2,304 numbers/)
    assert.match(await page.locator('#timeline').innerText(), /ms in \d+ nodes\. Activations take/)
    assert.ok((await page.locator('#timeline .times').count()) > 2)
    await page.locator('#timeline svg').click({ position: { x: 300, y: 40 } })
    assert.equal((await here()).split(' › ').length >= 4, true)
  })

  await t.test('everything that can be pressed has a name', async () => {
    const nameless = await page.evaluate<string[]>(
      `[...document.querySelectorAll('button, [role=button], input')]
        .filter((item) => !(item.getAttribute('aria-label') || item.textContent.trim())).map((item) => item.outerHTML)`,
    )
    assert.deepEqual(nameless, [])
  })

  await t.test('nasty names stay names', async () => {
    const { page: nastyPage, errors: nastyErrors } = await open(browser, pageOf(nastyGraph(), nasty, nasty))
    await nastyPage.keyboard.press('Enter')
    await nastyPage.keyboard.press('/')
    await nastyPage.keyboard.type('script')
    assert.ok((await nastyPage.locator('#inspector').innerText()).includes(nasty))
    assert.equal(await nastyPage.title(), nasty)
    assert.equal(await nastyPage.locator('main img, main script:not([type]) ~ script').count(), 0)
    assert.deepEqual(nastyErrors, [])
  })

  assert.deepEqual(errors, [])
})
