/**
 * What classes that hold a model put in front of the names of all its weights: `module.` DistributedDataParallel, the
 * others training scripts.
 */
const prefixes = ['module.', 'model.', 'backbone.', 'network.', 'net.']

/** What `torch.compile` puts before the names of whatever it has compiled, the whole model or a part of it. */
const compiled = '_orig_mod.'

/** `tensors` without prefixes that all names share; `notes` is told which. */
export function stripPrefixes<T>(tensors: Map<string, T>, notes: string[]): Map<string, T> {
  let names = [...tensors.keys()]
  const rename = (prefix: string, renamed: string[]) => {
    // Two tensors of the same name afterwards: the prefix means something.
    if (new Set(renamed).size !== names.length) return false
    names = renamed
    notes.push(`removed ${prefix} from the names`)
    return true
  }
  if (names.some((name) => name.includes(compiled))) {
    rename(
      compiled,
      names.map((name) => name.replaceAll(compiled, '')),
    )
  }
  for (;;) {
    // Averaged models count their steps beside `module.…`, in a name without a dot.
    const dotted = names.filter((name) => name.includes('.'))
    const prefix = prefixes.find((prefix) => dotted.length > 0 && dotted.every((name) => name.startsWith(prefix)))
    const stripped = (name: string) => (name.startsWith(prefix!) ? name.slice(prefix!.length) : name)
    if (prefix === undefined || !rename(prefix, names.map(stripped))) break
  }
  const values = [...tensors.values()]
  return new Map(names.map((name, i) => [name, values[i]!]))
}
