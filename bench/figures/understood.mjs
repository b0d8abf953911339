import {
  corpusPackages,
  countsOf,
  onnxCorpus,
  rightVerdict,
  trueCounts,
  understood,
  wrongFields,
} from '../lib/onnx-corpus.mjs'
import { missingPackages } from '../lib/python.mjs'
import { info } from '../lib/rows.mjs'

export const skip = () => (process.env.VITRINE_ONNX_CORPUS ? undefined : missingPackages(corpusPackages))

/** What is understood of files that many exporters wrote, against what was counted in the models they wrote. */
export async function* measure() {
  const { folder, files, refused } = onnxCorpus()
  yield info('exports that exporters refused, or that differ from their source', String(refused.length))
  const results = files.map((truth) => ({ truth, result: understood(folder, truth.file) }))
  const models = results.filter(({ truth }) => truth.verdict.kinds.includes('vit'))
  const others = results.filter(({ truth }) => !truth.verdict.kinds.includes('vit'))

  yield* judged('Vision Transformers whose config is recovered exactly', models, ({ truth, result }) => [
    ...(result.kind === 'vit' ? [] : [`is called ${result.kind}`]),
    ...wrongFields(result.config, truth.config),
  ])
  yield* judged('… of which nothing is told that differs', models, ({ result }) =>
    result.differences.map(({ what }) => what),
  )
  yield* countRows(results)
  yield* judged('other models with a right verdict', others, ({ truth, result }) =>
    rightVerdict(result, truth.verdict)
      ? []
      : [`is called ${result.kind} with ${result.differences.length} differences: ${result.sentence}`],
  )
}

/** A row for all, and one for each file of which `problems` are found. */
function* judged(figure, results, problems) {
  const failures = results
    .map((each) => ({ file: each.truth.file, found: each.result.error ? [String(each.result.error)] : problems(each) }))
    .filter(({ found }) => found.length > 0)
  const right = results.length - failures.length
  yield { figure, required: String(results.length), measured: String(right), ok: failures.length === 0 }
  for (const { file, found } of failures)
    yield { figure: `  ${file}`, measured: shortened(found.join('; ')), ok: false }
}

/** Found, true and invented parts by kind, over all files. */
function* countRows(results) {
  const whole = results.filter(({ result }) => !result.error)
  for (const kind of Object.keys(trueCounts(results[0].truth.counts))) {
    const pairs = whole.map(({ truth, result }) => ({
      file: truth.file,
      found: countsOf(result)[kind],
      real: trueCounts(truth.counts)[kind],
    }))
    const sum = (value) => pairs.reduce((total, pair) => total + value(pair), 0)
    const missed = sum(({ found, real }) => Math.max(0, real - found))
    const invented = sum(({ found, real }) => Math.max(0, found - real))
    yield {
      figure: `${kind}: missed and invented, of ${sum(({ real }) => real)}`,
      required: '0, 0',
      measured: `${missed}, ${invented}`,
      ok: missed === 0 && invented === 0,
    }
    for (const { file, found, real } of pairs)
      if (found !== real) yield { figure: `  ${file}`, measured: `${found}, not ${real}`, ok: false }
  }
}

const shortened = (text) => (text.length > 300 ? `${text.slice(0, 297)}…` : text)
