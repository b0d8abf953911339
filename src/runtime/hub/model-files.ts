/** A way to keep the weights of a model in a repository. */
interface WeightLayout {
  /** The weights, or the index of them. */
  main: string
  /** The files that hold parts; the group is the number of them all. */
  parts?: RegExp
}

/** As `weights/` looks for them in a folder, the best first. */
const weightLayouts: readonly WeightLayout[] = [
  { main: 'model.safetensors' },
  { main: 'model.safetensors.index.json', parts: /^model-\d+-of-(\d+)\.safetensors$/ },
  { main: 'pytorch_model.bin' },
  { main: 'pytorch_model.bin.index.json', parts: /^pytorch_model-\d+-of-(\d+)\.bin$/ },
]

/** Says how a model is built and its pictures are prepared; both go with any weights. */
const descriptions = ['config.json', 'preprocessor_config.json']

/** An ONNX model, and the files beside it that hold its tensors where they exceed 2 GB. */
const onnxModel = 'onnx/model.onnx'
const onnxParts = /^onnx\/model\.onnx[._]data(?:_\d+)?$/

/**
 * Chooses the files of a repository that make a model: its weights in one format, else the ONNX model, and what
 * describes it. Repositories hold the same weights for several frameworks; and since every name chosen is one that is
 * known here, a hostile list cannot make us write elsewhere.
 * @param paths all files of the repository
 * @returns undefined where they make no model
 */
export function chooseModelFiles(paths: readonly string[]): string[] | undefined {
  const listed = new Set(paths)
  const described = descriptions.filter((path) => listed.has(path))
  if (listed.has('config.json')) {
    for (const layout of weightLayouts) {
      const weights = listed.has(layout.main) ? withParts(layout, [...listed]) : undefined
      if (weights) return [...described, ...weights]
    }
  }
  if (!listed.has(onnxModel)) return undefined
  return [...described, onnxModel, ...[...listed].filter((path) => onnxParts.test(path)).sort()]
}

/** Undefined where parts are missing. */
function withParts({ main, parts }: WeightLayout, paths: readonly string[]): string[] | undefined {
  if (!parts) return [main]
  const found = paths.filter((path) => parts.test(path)).sort()
  const count = Number(found[0]?.match(parts)?.[1])
  return found.length === count ? [main, ...found] : undefined
}
