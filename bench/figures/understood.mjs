import {
  foundCounts,
  isRightVerdict,
  isViT,
  rebuiltError,
  trueCounts,
  understandExport,
  wrongConfig,
} from '../../dist/testing/onnx-exports.js'
import { corpusPackages, onnxCorpus } from '../lib/onnx-corpus.mjs'
import { missingPackages } from '../lib/python.mjs'
import { info } from '../lib/rows.mjs'

export const skip = () => (process.env.VITRINE_ONNX_CORPUS ? undefined : missingPackages(corpusPackages))

/** What is understood of files that many exporters wrote, against what was counted in the models they wrote. */
export async function* measure() {
  const { folder, files, refused } = onnxCorpus()
  yield info('exports that the exporters refused, or that compute something else', String(refused.length))
  const all = files.map((truth) => ({
    truth,
    file: truth.file,
    ...attempt(() => understandExport(folder, truth.file)),
  }))
  const vits = all.filter(({ truth }) => isViT(truth))
  const others = all.filter(({ truth }) => !isViT(truth))

  yield* judged('Vision Transformers whose config is the source’s', vits, ({ truth, result }) =>
    wrongConfig(result, truth),
  )
  yield* judged('… of which nothing is said to be otherwise', vits, ({ result }) =>
    result.differences.filter(({ isMinor }) => !isMinor).map(({ what }) => what),
  )
  yield* countRows(all.filter(({ error }) => !error))
  yield* judged('other models with a right verdict', others, ({ truth, result }) =>
    isRightVerdict(result, truth) ? [] : [`is called ${result.kind}: ${result.sentence}`],
  )
  yield* rebuiltRows(folder, vits)
}

function attempt(action) {
  try {
    return { result: action() }
  } catch (error) {
    return { error }
  }
}

/** A row for all, and one for each file of which `problems` are found. */
function* judged(figure, each, problems) {
  const failures = each
    .map((one) => ({ file: one.file, found: one.error ? [String(one.error)] : problems(one) }))
    .filter(({ found }) => found.length > 0)
  yield {
    figure,
    required: String(each.length),
    measured: String(each.length - failures.length),
    ok: failures.length === 0,
  }
  for (const { file, found } of failures)
    yield { figure: `  ${file}`, measured: shortened(found.join('; ')), ok: false }
}

/** How many parts of each kind were missed, and how many invented, over all files. */
function* countRows(each) {
  for (const kind of Object.keys(trueCounts(each[0].truth))) {
    const mayMiss = ({ otherAttention }) => kind === 'attention' && otherAttention
    const missing = ({ found, real, isOptional }) => (isOptional ? 0 : Math.max(0, real - found))
    const pairs = each.map(({ file, truth, result }) => ({
      file,
      isOptional: mayMiss(truth),
      found: foundCounts(result)[kind],
      real: trueCounts(truth)[kind],
    }))
    const sum = (value) => pairs.reduce((total, pair) => total + value(pair), 0)
    const missed = sum(missing)
    const invented = sum(({ found, real }) => Math.max(0, found - real))
    yield {
      figure: `${kind}: missed and invented, of ${sum(({ real }) => real)}`,
      required: '0, 0',
      measured: `${missed}, ${invented}`,
      ok: missed === 0 && invented === 0,
    }
    for (const { file, found, real, isOptional } of pairs)
      if (found > real || (found < real && !isOptional))
        yield { figure: `  ${file}`, measured: `${found}, not ${real}`, ok: false }
  }
}

/** What is left of a model with weights in 8 bits is no model of ours. */
const isQuantised = ({ after }) => after.some((name) => name.startsWith('int'))

/** Files whose model, rebuilt as ours, gives what PyTorch computes. */
async function* rebuiltRows(folder, vits) {
  const each = []
  for (const { file, truth } of vits.filter(({ truth }) => !isQuantised(truth)))
    each.push(
      await rebuiltError(folder, truth).then(
        (result) => ({ file, truth, result }),
        (error) => ({ file, truth, error }),
      ),
    )
  yield* judged('rebuilt as our ViT with the same outputs', each, ({ truth, result }) =>
    result <= truth.tolerance ? [] : [`differs by ${result.toExponential(1)}`],
  )
}

const shortened = (text) => {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 300 ? `${line.slice(0, 297)}…` : line
}
