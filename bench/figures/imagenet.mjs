import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { atLeast, count, info } from '../lib/rows.mjs'
import { missing, samples, weights } from '../lib/shared.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => missing(samples, weights)

/** What `vitrine predict` says to 100 ImageNet photos, against an independent implementation and against the truth. */
export async function* measure() {
  const { label_names: names } = JSON.parse(readFileSync(`${weights}/config.json`, 'utf8'))
  const expected = JSON.parse(readFileSync(`${samples}/predictions.json`, 'utf8'))
  const { stdout } = await vitrine(['predict', weights, samples, '--top-k', '1', '--json'])
  const answers = new Map(JSON.parse(stdout).map(({ file, predictions }) => [basename(file), predictions[0].label]))
  // "crane" and "maillot" name two classes each; an answer of that name counts for neither.
  const isUnique = (name) => names.indexOf(name) === names.lastIndexOf(name)
  const agree = (field) =>
    expected.filter((entry) => answers.get(entry.file) === names[entry[field]] && isUnique(names[entry[field]])).length
  yield atLeast(`${expected.length} ImageNet photos: same answer as the reference`, agree('predicted'), 97, count)
  yield info(
    `… right answers (the reference: ${expected.filter(({ label, predicted }) => label === predicted).length})`,
    count(agree('label')),
  )
}
