import type { Tensor } from '../onnx/tensor.js'
import { numpyGlobals } from './numpy-globals.js'
import { unpickle } from './pickle.js'
import { pythonGlobals } from './python-globals.js'
import type { Budget } from './untrusted.js'

/**
 * What `paddle.save` has written (`.pdparams`), or another pickle of numpy arrays.
 * @returns the value, in which arrays are `LazyTensor`s; tensors in nested dicts are pairs of a name and an array
 * @throws UserError where the file is broken, or asks for more than arrays and plain values
 */
export function readPaddle(bytes: Uint8Array, budget: Budget): unknown {
  const globals = new Map([...pythonGlobals(budget), ...numpyGlobals(budget)])
  return unpickle(bytes, { budget, globals }).value
}

/** Paddle saves bfloat16, which numpy lacks, as uint16, a type that its own tensors do not have. */
export function fromPaddle(tensor: Tensor): Tensor {
  return tensor.dtype === 'uint16' ? { ...tensor, dtype: 'bfloat16' } : tensor
}
