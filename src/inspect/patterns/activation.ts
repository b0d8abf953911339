import type { Entry } from './match.js'

/** The other functions of one value that networks have between their layers, each a node. */
export const activation: Entry = {
  ops: [
    'Relu',
    'Tanh',
    'Sigmoid',
    'LeakyRelu',
    'PRelu',
    'Elu',
    'Selu',
    'Celu',
    'HardSigmoid',
    'HardSwish',
    'Mish',
    'Softplus',
    'ThresholdedRelu',
  ],
  pattern: (last, wiring) => {
    const [x] = last.inputs
    if (last.domain !== '' || !wiring.isData(x)) return undefined
    const name = last.op[0]!.toLowerCase() + last.op.slice(1)
    return { kind: 'activation', inputs: [x], weights: {}, details: { function: name } }
  },
}
