import { abridge, UserError } from '../errors.js'
import { LazyTensor } from './lazy-tensor.js'
import { plain } from './untrusted.js'

/**
 * The keys under which training scripts keep weights in a checkpoint, the best first. Averaged weights (EMA) come before
 * the raw ones, as in timm: they are what was evaluated. The teacher of DINO, the average of the student, comes late:
 * beside a model it is another one.
 */
const wrappers = [
  'state_dict_ema',
  'model_ema',
  'ema_state_dict',
  'ema',
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'module',
  'network',
  'net',
  'weights',
  'params',
  'teacher',
  'student',
]

/** An entry that Paddle adds to every state dict: the names that it uses inside. */
const paddleNames = 'StructuredToParameterName@@'

/** The weights in a checkpoint. */
export interface StateDict {
  tensors: Map<string, LazyTensor>
  /** What was chosen and left out, each in a few words for the user. */
  notes: string[]
}

/**
 * Finds the weights in what a checkpoint holds, be it a state dict or the dict of a training script around it.
 * @throws UserError, naming `fileName`, where there are no weights
 */
export function unwrap(value: unknown, fileName: string): StateDict {
  const found = find(value, new Set())
  if (!found) throw nothingFound(value, fileName)
  const { dict, keys } = found
  const notes: string[] = []
  if (keys.length > 0) {
    const others = stringKeys(value).filter((key) => key !== keys[0])
    notes.push(`took the weights under ${keys.map(plain).join('/')}${others.length > 0 ? `, not ${list(others)}` : ''}`)
  }
  const tensors = new Map<string, LazyTensor>()
  const others: string[] = []
  for (const [key, item] of dict) {
    const tensor = tensorOf(item)
    if (typeof key !== 'string') continue
    if (tensor) tensors.set(key, tensor)
    else if (key !== paddleNames) others.push(key)
  }
  if (others.length > 0) notes.push(`left out ${list(others)}, which are no tensors`)
  const isDino = keys.includes('teacher') || keys.includes('student')
  return { tensors: isDino ? takeBackbone(tensors, notes) : tensors, notes }
}

interface Found {
  dict: Map<unknown, unknown>
  /** The keys that lead to it. */
  keys: string[]
}

/**
 * The state dict inside `value`. No dict is searched twice, nor deeply: a hostile one may hold itself, or another a million
 * times, or be nested a million deep.
 */
function find(value: unknown, seen: Set<unknown>, depth = 0): Found | undefined {
  if (!(value instanceof Map) || seen.has(value) || depth > 4) return undefined
  seen.add(value)
  const inside = (key: string): Found[] => {
    const found = find(value.get(key), seen, depth + 1)
    return found ? [{ dict: found.dict, keys: [key, ...found.keys] }] : []
  }
  for (const key of wrappers) {
    const [found] = inside(key)
    if (found) return found
  }
  if (hasWeights(value)) return { dict: value, keys: [] }
  // The state of an optimizer is a dict of tensors as well.
  const [found, another] = stringKeys(value)
    .filter((key) => !key.includes('optim'))
    .flatMap(inside)
  return another ? undefined : found
}

/** Does a dict hold a tensor of some shape itself? A tensor of one number may be a setting, or a count of steps. */
function hasWeights(dict: Map<unknown, unknown>): boolean {
  for (const value of dict.values()) if ((tensorOf(value)?.shape.length ?? 0) > 0) return true
  return false
}

/** A tensor, or that of the (name, tensor) by which Paddle saves those in nested dicts. */
function tensorOf(value: unknown): LazyTensor | undefined {
  const tensor = Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' ? value[1] : value
  return tensor instanceof LazyTensor ? tensor : undefined
}

/** The model in a student or teacher of DINO, which is `backbone` beside a projection that only its training needs. */
function takeBackbone(tensors: Map<string, LazyTensor>, notes: string[]): Map<string, LazyTensor> {
  const pattern = /^(module\.)?backbone\./
  const backbone = [...tensors].filter(([name]) => pattern.test(name))
  if (backbone.length === 0) return tensors
  const others = [...tensors.keys()].filter((name) => !pattern.test(name))
  if (others.length > 0) notes.push(`left out ${list(others)}, which only the pretraining needs`)
  return new Map(backbone)
}

function nothingFound(value: unknown, fileName: string): UserError {
  const entries = stringKeys(value)
  const problem = entries.length > 0 ? `its entries are ${list(entries)}` : 'it is no dict of tensors'
  return new UserError(`${fileName} holds no weights that can be told (${problem}): save the state_dict alone`)
}

function stringKeys(value: unknown): string[] {
  return value instanceof Map ? [...value.keys()].filter((key) => typeof key === 'string') : []
}

const list = (names: string[]) => abridge(names.map(plain))
