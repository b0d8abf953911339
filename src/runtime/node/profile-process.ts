import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { ProfileReply, ProfileRequest } from './profile.js'

/** The other process's side of `profileModel`: answers one request, then ends. */

process.once('message', async (request: ProfileRequest) => {
  let reply: ProfileReply = {}
  try {
    await profile(request)
  } catch (error) {
    reply = { error: (error as Error).message }
  }
  process.send!(reply, () => process.disconnect())
})

async function profile({ model, feeds, runs, threads, prefix, optimizedPath }: ProfileRequest): Promise<void> {
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
  for (let i = 0; i < runs; i++) await session.run(inputs)
  session.endProfiling()
  await session.release()
}
