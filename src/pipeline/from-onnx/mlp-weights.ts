import type { Part } from '../../inspect/index.js'
import type { Collected } from './collected.js'
import { linearWeights, stack } from './linear-weights.js'

/** Linear, activation, Linear; of a gated MLP the first may be two products, the activated half first. */
export function mlpTensors(name: string, mlp: Part, into: Collected): void {
  const linears = mlp.parts.filter(({ kind }) => kind === 'linear')
  const first = linears.slice(0, -1).map((part) => linearWeights(part, into.numbers))
  into.linear(`${name}.fc1`, stack(first))
  into.linear(`${name}.fc2`, linearWeights(linears.at(-1)!, into.numbers))
}
