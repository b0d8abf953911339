import { UserError } from '../errors.js'
import { summarize } from '../inspect/index.js'
import { preset, publishedModels, ViT, type ViTConfig } from '../nn/index.js'

/** One line of the list. */
interface ListedModel {
  name: string
  /** Learned values. */
  parameters: number
  /** Billions of multiply-accumulate operations for one picture. */
  gmacs: number
  /** Height and width of a picture, in pixels. */
  imageSize: number
  /** Where the usual weights are on the hub; absent where there are none. */
  weights?: string
  licence?: string
}

/** Prints the published models whose name holds `part`. @throws UserError where there is none */
export function listModels(part: string, json: boolean): void {
  const models = publishedModels.filter(({ name }) => name.includes(part))
  if (models.length === 0)
    throw new UserError(`no model has ${part} in its name: leave it out to see all ${publishedModels.length}`)
  const listed = models.map(({ name, tag, licence }): ListedModel => {
    const options = preset(name)!
    const vit = new ViT(options)
    return {
      name,
      parameters: vit.parameterCount,
      gmacs: Number((macsOf(options) / 1e9).toPrecision(4)),
      imageSize: vit.config.imageSize,
      ...(tag && { weights: `hf:timm/${name}.${tag}`, licence }),
    }
  })
  process.stdout.write(json ? `${JSON.stringify(listed, null, 2)}\n` : table(listed))
}

/** Multiply-accumulate operations of a model for one picture. All its layers cost the same, so two tell about the others. */
function macsOf(options: Partial<ViTConfig>): number {
  const [one, two] = [1, 2].map((depth) => summarize(new ViT({ ...options, depth })).model.macs)
  return one! + (options.depth! - 1) * (two! - one!)
}

function table(models: readonly ListedModel[]): string {
  const rows = [
    ['model', 'parameters', 'GMACs', 'input', 'licence', 'weights'],
    ...models.map(({ name, parameters, gmacs, imageSize, licence, weights }) => [
      name,
      `${(parameters / 1e6).toFixed(1)} M`,
      gmacs.toFixed(2),
      `${imageSize}`,
      licence ?? '–',
      weights ?? 'none published',
    ]),
  ]
  const isNumber = (column: number) => column >= 1 && column <= 3
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}
