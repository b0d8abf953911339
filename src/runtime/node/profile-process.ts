import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { ProfileReply, ProfileRequest } from './profile.js'

/** The other process's side of `profileModel`: answers one request, then ends. */

process.once('message', async (request: ProfileRequest) => {
  let reply: ProfileReply
  try {
    reply = { runs: await profile(request) }
  } catch (error) {
    reply = { error: (error as Error).message }
  }
  process.send!(reply, () => process.disconnect())
})

/** Of a model that takes long, fewer runs have to do. */
const longEnough = 15_000 // ms
const fewestRuns = 3

async function profile(request: ProfileRequest): Promise<number> {
  const { model, feeds, warmUp, runs, threads, prefix, optimizedPath } = request
  const session = await InferenceSession.create(model, {
    enableProfiling: true,
    profileFilePrefix: prefix,
    ...(optimizedPath && { optimizedModelFilePath: optimizedPath }),
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  })
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new Tensor(dtype as 'float32', data as Float32Array, shape),
    ]),
  )
  for (let i = 0; i < warmUp; i++) await session.run(inputs)
  const start = performance.now()
  let done = 0
  for (; done < runs; done++) {
    if (done >= fewestRuns && performance.now() - start > longEnough) break
    await session.run(inputs)
  }
  session.endProfiling()
  await session.release()
  return done
}
