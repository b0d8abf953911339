import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintAbout, examineBroken } from '../testing/broken-models/run.js'

// One of three of all faults; the figure `broken` goes through all of them several times.
test('what is done with broken models ends soon, in little memory, and in one sentence where it fails', async () => {
  const complaints: string[] = []
  let refused = 0
  for await (const examination of examineBroken(0, 25, 67)) {
    const complaint = complaintAbout(examination)
    if (complaint) complaints.push(`${examination.fault}: ${complaint}\n${examination.error?.stack}`)
    else if (examination.error) refused++
  }
  assert.deepEqual(complaints, [])
  assert.ok(refused > 10, `${refused} were refused`)
})
