import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { OnnxModel } from '../inspect/index.js'
import { bundle, type Findings, renderModelPage, scriptModules } from '../report/model-page/index.js'
import { nodeFiles } from '../runtime/node/files.js'

/** Writes a model as a page to look at. `source` is the model's file, for the title. */
export async function writeModelPage(
  model: OnnxModel,
  findings: Findings,
  { source, path }: { source: string; path: string },
): Promise<void> {
  const createdAt = new Date().toISOString()
  const script = await pageScript()
  await nodeFiles.write(path, renderModelPage(model, findings, { title: basename(source), createdAt, script }))
}

/** The compiled modules that run in the page, as one script. */
export async function pageScript(): Promise<string> {
  const folder = new URL('../report/model-page/browser/', import.meta.url)
  return bundle(
    await Promise.all(
      scriptModules.map(async (name) => ({ name, text: await readFile(new URL(`${name}.js`, folder), 'utf8') })),
    ),
  )
}
