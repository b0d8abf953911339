import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { familyError, familyTolerance } from '../testing/families.js'

const folder = fileURLToPath(new URL('../../test/fixtures/families/', import.meta.url))

test('models of every family give the outputs of the library that made them', async (t) => {
  for (const name of readdirSync(folder))
    await t.test(name, async () => {
      const error = await familyError(join(folder, name))
      assert.ok(error <= familyTolerance, `the largest error is ${error} of the largest output`)
    })
})
