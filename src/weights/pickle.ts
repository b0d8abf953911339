import { ByteReader } from './byte-reader.js'
import { invalidPickle, type PickleEnvironment, PickleMachine } from './pickle-machine.js'
import { operations } from './pickle-operations.js'

/** The opcode that ends a pickle. */
const stop = '.'.charCodeAt(0)

/**
 * Reads a Python pickle (protocols 0 to 5) that begins at `start`, without running anything that it asks for: a pickle is
 * a program, and this machine knows only the names in `environment.globals`.
 * @returns the value, and the position after the pickle
 * @throws UserError where the pickle is broken, or names anything else
 */
export function unpickle(
  bytes: Uint8Array,
  environment: PickleEnvironment,
  start = 0,
): { value: unknown; end: number } {
  const { budget } = environment
  const machine = new PickleMachine(environment)
  const reader = new ByteReader(bytes, start, () => invalidPickle(budget.fileName, 'it ends early'))
  for (let code = reader.u8(); code !== stop; code = reader.u8()) {
    const operation = operations[code]
    if (operation === undefined) throw machine.invalid(`its opcode ${code} is unknown`)
    budget.takeSteps(1)
    operation(machine, reader)
  }
  return { value: machine.pop(), end: reader.position }
}
