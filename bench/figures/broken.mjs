import { faultCount } from '../../dist/testing/broken-models/index.js'
import { complaintAbout, examineBroken } from '../../dist/testing/broken-models/run.js'
import { atMost, count, info, seconds } from '../lib/rows.mjs'

export const skip = () => undefined

/** Every fault, and those of sound models that were broken once more with other draws. */
const rounds = 3

/** Broken models: each is read, explained, drawn and made faster, or refused in one sentence. */
export async function* measure() {
  const seen = { all: 0, refused: 0, wrong: 0, seconds: 0, bytes: 0 }
  for await (const examination of examineBroken(1, 0, rounds * faultCount)) {
    const complaint = complaintAbout(examination)
    if (complaint) {
      seen.wrong++
      console.error(`${examination.fault}, ${examination.step}: ${complaint}`)
    }
    seen.all++
    if (examination.error) seen.refused++
    seen.seconds = Math.max(seen.seconds, examination.seconds)
    seen.bytes = Math.max(seen.bytes, examination.peakBytes ?? 0)
  }
  yield atMost(`of ${seen.all} broken models: neither handled nor refused in one sentence`, seen.wrong, 0, count)
  yield info('refused in one sentence', count(seen.refused))
  yield info(
    'longest step, and most memory of the process',
    `${seconds(seen.seconds)}, ${(seen.bytes / 1e6).toFixed(0)} MB`,
  )
}
