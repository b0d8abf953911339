import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { atLeast, count } from '../lib/rows.mjs'

export const skip = () => undefined

/** Weight files made to do harm, by the tests that hold each to one sentence, no execution, and little memory and time. */
export async function* measure() {
  const tests = readdirSync('dist/weights').filter((name) => /^hostile-.*\.test\.js$/.test(name))
  for (const name of tests) {
    const args = ['--test', '--test-reporter=tap', `weights/${name}`]
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: 'dist', encoding: 'utf8', maxBuffer: 2 ** 28 })
    const { all, refused } = casesOf(stdout)
    const row = atLeast(`${name.replace('.test.js', '')}: cases refused in one sentence`, refused, all || 1, count)
    yield { ...row, ok: row.ok && status === 0 }
  }
}

/** How many cases there are in a test's TAP output: a test that follows deeper ones is what holds them together. */
function casesOf(tap) {
  const counts = { all: 0, refused: 0 }
  let depth = 0
  for (const [, indent, not] of tap.matchAll(/^( *)(not )?ok \d+/gm)) {
    if (indent.length >= depth) {
      counts.all++
      if (!not) counts.refused++
    }
    depth = indent.length
  }
  return counts
}
