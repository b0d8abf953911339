import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { python } from './python.mjs'

/** PyTorch in a process of its own that times a model when asked, so that the two sides can take turns. */
export class PyTorchInference {
  #process = spawn(python, ['tools/time-pytorch-inference.py'], { stdio: ['pipe', 'pipe', 'inherit'] })
  #answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()

  /** The median milliseconds of some runs. */
  async time(model, batch, runs) {
    this.#process.stdin.write(`${model} ${batch} ${runs}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('tools/time-pytorch-inference.py ended: see the error above')
    return 1000 * Number(value)
  }

  close() {
    this.#process.stdin.end()
  }
}
