import { UserError } from '../errors.js'
import type { ViTConfig } from '../nn/index.js'
import { type Conversion, type ConversionTarget, convertModel, loadModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { say } from './errors.js'
import { formatLoadReport } from './format-load-report.js'
import { resolveModel } from './model-reference.js'

/** What `vitrine convert` is asked for. */
export interface ConvertFlags {
  to: ConversionTarget
  output: string
  imageSize?: number
  inChannels?: number
  numHeads?: number
  activation?: ViTConfig['activation']
  json?: boolean
}

/** Reads a model, writes it in the layout of another library, and says what became of its tensors. */
export async function convert(name: string, { to, output, json, ...config }: ConvertFlags): Promise<void> {
  await requireEmpty(output)
  const model = await loadModel(nodeFiles, await resolveModel(name), { config, runtime: inlineRuntime })
  if (!model.pretrained) say(`note: ${name} has random weights`)
  const { report } = model
  if (report) for (const line of formatLoadReport(report)) say(line)
  const conversion = await convertModel(nodeFiles, output, model, to)
  for (const notice of conversion.notices) say(`note: ${notice}`)
  say(`wrote ${conversion.files.join(', ')}`)
  process.stdout.write(
    json ? `${JSON.stringify({ output, to, ...conversion, report })}\n` : `${howToLoad(to, output, conversion)}\n`,
  )
}

/** @throws UserError where the folder holds anything, which might be read along with what is written */
async function requireEmpty(output: string): Promise<void> {
  const kind = await nodeFiles.kind(output)
  if (kind === 'file') throw new UserError(`${output} is a file: name a folder with --output`)
  const [entry] = kind === 'folder' ? await nodeFiles.list(output) : []
  if (entry) throw new UserError(`${output} already holds ${entry.name}: name an empty or a new folder with --output`)
}

/** A line of Python. */
function howToLoad(to: ConversionTarget, output: string, { architecture }: Conversion): string {
  const folder = JSON.stringify(output)
  switch (to) {
    case 'timm':
      return `timm.create_model(${JSON.stringify(`local-dir:${output}`)}, pretrained=True)`
    case 'hf':
      return `transformers.${architecture}.from_pretrained(${folder})`
    case 'torchvision':
      return `see ${output}/README.md for the Python that loads it`
  }
}
