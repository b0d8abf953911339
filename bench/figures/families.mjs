import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { familyError, familyTolerance } from '../../dist/testing/families.js'
import { missingPackages, paddlePython, python, runPython } from '../lib/python.mjs'
import { atMost, error, info } from '../lib/rows.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'

/** What tools/make-family-fixtures.py makes models with, and the packages it needs for that. */
const libraries = ['timm', 'transformers', 'torchvision', 'open_clip', 'google']
const packages = ['torch', 'timm', 'transformers', 'torchvision', 'open_clip', 'flax']

export const skip = () =>
  missingPackages(packages) ?? missingPackages(['paddle'], paddlePython, 'VITRINE_PADDLE_PYTHON')

/** Models of every family, made now by their own libraries with weights that no fixture has, against what those compute. */
export async function* measure() {
  const folder = temporaryFolder()
  const seed = randomInt(1, 2 ** 31)
  const make = ['tools/make-family-fixtures.py', '--output', folder, '--seed', String(seed)]
  runPython([...make, ...libraries], python)
  runPython([...make, 'paddle'], paddlePython)
  const names = readdirSync(folder)
  yield info(`${names.length} random models, seed ${seed}: largest error / largest output`)
  for (const name of names)
    try {
      yield atMost(name, await familyError(`${folder}/${name}`), familyTolerance, error)
    } catch (problem) {
      yield { figure: `${name}: ${problem.message}`, ok: false }
    }
}
