/** How long one kernel took, in one run. */
export interface KernelTime {
  /** The name of the runtime's node, which its optimizer may have changed. */
  name: string
  op: string
  microseconds: number
}

/** An event of the trace that ONNX Runtime writes, in the format of chrome://tracing. */
interface TraceEvent {
  cat?: string
  name?: string
  dur?: number
  args?: { op_name?: string }
}

const suffix = '_kernel_time'

/**
 * The kernels of each run, in order, from the JSON text that ONNX Runtime's profiler writes.
 * @throws Error where the text is no such trace
 */
export function parseProfile(text: string): KernelTime[][] {
  const events: TraceEvent[] = JSON.parse(text)
  const runs: KernelTime[][] = []
  let current: KernelTime[] = []
  for (const { cat, name = '', dur = 0, args } of events) {
    if (cat === 'Node' && name.endsWith(suffix))
      current.push({ name: name.slice(0, -suffix.length), op: args?.op_name ?? '', microseconds: dur })
    // An event is written when it ends, so a run comes after its kernels.
    if (cat === 'Session' && name === 'model_run') {
      runs.push(current)
      current = []
    }
  }
  return runs
}
