import { rules } from '../../dist/autodiff/index.js'
import { caseError, caseTolerance, gradientCases } from '../../dist/testing/gradient-cases.js'
import { atLeast, atMost, count, error } from '../lib/rows.mjs'

export const skip = () => undefined

/** Every gradient rule against central differences. */
export async function* measure() {
  const names = Object.keys(rules).filter((op) => rules[op])
  const covered = new Set(gradientCases.map(({ op }) => op))
  yield atLeast(
    `of ${names.length} gradient rules, those with a finite-difference case`,
    names.filter((op) => covered.has(op)).length,
    names.length,
    count,
  )
  let worst = { error: 0 }
  for (const gradientCase of gradientCases) {
    const found = await caseError(gradientCase)
    if (!(found <= worst.error)) worst = { error: found, op: gradientCase.op }
  }
  yield atMost(`worst of ${gradientCases.length} cases: ${worst.op}`, worst.error, caseTolerance, error)
}
