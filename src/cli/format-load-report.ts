import type { LoadReport } from '../pipeline/index.js'

/** What became of the tensors of a checkpoint, in aligned lines; what did not happen is left out. */
export function formatLoadReport(report: LoadReport): string[] {
  const { file, source, matched, missing, transposed, resized, leftOut, unexpected, notes } = report
  const rows: [what: string, text: string][] = [
    ['weights', `${file} (${libraries[source]})`],
    ['matched', `${matched} of ${matched + missing.length} parameters`],
    ['transposed', counted(transposed)],
    ['resized', resized.join(', ')],
    ['missing', counted(missing)],
    ['left out', counted(leftOut)],
    ['unexpected', counted(unexpected)],
    ...notes.map((note): [string, string] => ['note', note]),
  ]
  const width = Math.max(...rows.map(([what]) => what.length))
  return rows.filter(([, text]) => text !== '').map(([what, text]) => `${what.padEnd(width)}  ${text}`)
}

const libraries: Record<LoadReport['source'], string> = {
  timm: 'timm',
  huggingface: 'Hugging Face',
  openclip: 'CLIP',
  torchvision: 'torchvision',
  google: 'Google',
  paddlevit: 'PaddleViT',
  onnx: 'ONNX, rebuilt with the same outputs',
}

/** How many, and the first of them. */
function counted(names: readonly string[]): string {
  if (names.length === 0) return ''
  const shown = names.slice(0, 3).join(', ')
  return names.length > 3 ? `${names.length} (${shown}, …)` : `${names.length} (${shown})`
}
