import { spawnSync } from 'node:child_process'

/** The Python that measures for us; PaddlePaddle may live in an environment of its own. */
export const python = process.env.VITRINE_PYTHON ?? 'python3'
export const paddlePython = process.env.VITRINE_PADDLE_PYTHON ?? python

/** Why a figure cannot be measured: the packages that a Python lacks, which `variable` names. */
export function missingPackages(packages, executable = python, variable = 'VITRINE_PYTHON') {
  const script = `import importlib.util, sys; print(*[p for p in sys.argv[1:] if not importlib.util.find_spec(p)])`
  const { status, stdout } = spawnSync(executable, ['-c', script, ...packages], { encoding: 'utf8' })
  const lacking = status === 0 ? stdout.trim().split(' ').filter(Boolean) : packages
  return lacking.length > 0 ? `needs a Python that has ${lacking.join(', ')} (${variable} names it)` : undefined
}

/** What a Python script prints. @throws with its error output where it fails */
export function runPython(args, executable = python) {
  const { status, stdout, stderr, error } = spawnSync(executable, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  if (status !== 0) throw new Error(`${executable} ${args.join(' ')} failed: ${error ?? stderr}`)
  return stdout
}
