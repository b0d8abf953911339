import { UserError } from '../errors.js'
import { preset } from '../nn/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { say } from './errors.js'
import { type Progress, startProgress } from './progress.js'

/**
 * What a command's `<model>` stands for on this disk: the folder that a model of the hub is downloaded to, else the name
 * itself.
 * @throws UserError where a download fails, or where the name is of the hub but does not say so
 */
export async function resolveModel(name: string): Promise<string> {
  if (name.startsWith('hf:')) return download(name)
  if (looksLikeHubName(name) && (await nodeFiles.kind(name)) === undefined && !preset(name))
    throw new UserError(
      `there is no model ${name}: give a model folder or a preset, or hf:${name} to download it from the Hugging Face hub`,
    )
  return name
}

function looksLikeHubName(name: string): boolean {
  return /^\w[\w.-]*\/\w[\w.-]*$/.test(name) && !/\.(onnx|safetensors|pth|pt|bin|npz|pdparams)$/.test(name)
}

async function download(name: string): Promise<string> {
  const { downloadModel } = await import('../runtime/node/hub/download-model.js')
  let bar: Progress | undefined
  let shown = 0
  try {
    return await downloadModel(name, {
      onProgress({ file, done, total }) {
        bar ??= startProgress('downloading', total, megabytes)
        // The time left is judged by the last reports, so they should not come with every packet, nor before the first.
        const now = performance.now()
        if (done === 0 || (now - shown < 100 && done < total)) return
        shown = now
        bar.update(done, file)
      },
      onNotice(text) {
        bar?.stop()
        bar = undefined
        say(`note: ${text}`)
      },
    })
  } finally {
    bar?.stop()
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
