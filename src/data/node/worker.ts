import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../errors.js'
import { Preprocessor } from '../../image/index.js'
import { type ExitGuard, guarded } from '../../runtime/node/exit-guard.js'
import { nodeFiles } from '../../runtime/node/files.js'
import { inlineRuntime } from '../../runtime/node/runtime.js'
import { LocalPictures } from '../pictures.js'
import type { Call, Job, Reply, WorkerSetup } from './picture-thread.js'

/** The worker thread's side of `PictureThread`: prepares the pictures it is asked for, in order, one a guard at a time. */

const port = parentPort!
const { config, guards } = workerData as WorkerSetup
const preprocessor = new Preprocessor(inlineRuntime, config)
const pictures = new LocalPictures(nodeFiles, preprocessor)
const waiting: (Job & { id: number })[] = []
const running = new Map<ExitGuard, Promise<void>>()

async function answer({ id, path, training }: Job & { id: number }): Promise<void> {
  try {
    const pixels = await (training
      ? pictures.training(path, training.draw, training.augmentation)
      : pictures.evaluation(path))
    port.postMessage({ id, pixels, kept: pictures.keeps(path) } satisfies Reply, [pixels.buffer as ArrayBuffer])
  } catch (error) {
    const { message, stack } = error as Error
    const isUserError = error instanceof UserError
    port.postMessage({ id, error: isUserError ? message : (stack ?? message), isUserError } satisfies Reply)
  }
}

function work(): void {
  for (const guard of guards) {
    const job = running.has(guard) ? undefined : waiting.shift()
    if (!job) continue
    const done = guarded(guard, () => answer(job)).then(() => {
      running.delete(guard)
      work()
    })
    running.set(guard, done)
  }
}

async function close(): Promise<void> {
  waiting.length = 0
  await Promise.all(running.values())
  await preprocessor.close()
  port.close()
}

port.on('message', (call: Call) => {
  if (call === 'close') return close()
  if ('keep' in call) return pictures.keep(call.keep)
  waiting.push(call)
  return work()
})
