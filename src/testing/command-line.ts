import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { defaultPreprocessor } from '../image/index.js'
import { ViT } from '../nn/index.js'
import { saveModel } from '../pipeline/index.js'
import { Random } from '../random.js'
import { nodeFiles } from '../runtime/node/files.js'
import { temporaryFolder } from './temporary-folder.js'

export { temporaryFolder }

/** The command line as a user has it: the compiled program in a process of its own, and small data for it. */

export const program = fileURLToPath(new URL('../cli/main.js', import.meta.url))

/** Model, pictures and flags of a training run that takes a second: three classes, seven batches an epoch. */
export const quickTraining = ['--model', 'tiny', '--batch-size', '4', '--lr', '0.01', '--warmup-steps', '2']

/** How a process ended, and what it printed. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Running {
  process: ChildProcess
  ended: Promise<Ended>
  /** Settles when standard error has this text; fails where the process ends without it. */
  untilError(text: string): Promise<void>
}

/** Starts any command in a folder. */
export function start(command: string, args: readonly string[], cwd: string): Running {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  const untilError = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => stderr.includes(text) && resolve()
      child.stderr.on('data', look)
      ended.then(() => reject(new Error(`it ended before "${text}": ${stderr}`)))
      look()
    })
  return { process: child, ended, untilError }
}

/** `vitrine …args`, run to its end in a folder. */
export function vitrine(cwd: string, ...args: string[]): Promise<Ended> {
  return start(process.execPath, [program, ...args], cwd).ended
}

/** The same for what has to succeed. */
export async function succeed(cwd: string, ...args: string[]): Promise<Ended> {
  const ended = await vitrine(cwd, ...args)
  assert.equal(ended.code, 0, `vitrine ${args.join(' ')}: ${ended.stderr}`)
  return ended
}

/** Checks that a command failed as it should: one sentence, last on standard error, that has all the words. */
export function assertFails(ended: Ended, code: number, ...words: RegExp[]): void {
  const lines = ended.stderr.trimEnd().split('\n')
  const errors = lines.filter((line) => !/^(note|warning): |^\d+ classes, |^epoch | {4}\d+ /.test(line))
  assert.equal(ended.code, code, ended.stderr)
  assert.equal(errors.length, 1, `one line is expected:\n${ended.stderr}`)
  assert.equal(lines.at(-1), errors[0])
  assert.match(errors[0]!, /^error: /)
  for (const word of words) assert.match(errors[0]!, word)
}

/** Checks items two at a time, for two cores. */
export async function inPairs<T>(items: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += 2) await Promise.all(items.slice(i, i + 2).map(check))
}

/** A folder of labelled pictures: noise around one colour a class, 40 × 36 pixels. */
export async function drawPictures(root: string, classes: readonly string[], each = 10): Promise<void> {
  for (const [label, name] of classes.entries()) {
    for (let i = 0; i < each; i++) {
      const random = new Random(0, 'test picture', label, i)
      const base = [0, 1, 2].map((channel) => (channel === label % 3 ? 200 : 50))
      const pixels = Uint8Array.from({ length: 40 * 36 * 3 }, (_, at) => base[at % 3]! + random.integer(50))
      await nodeFiles.write(`${root}/${name}/${name}-${i}.png`, await png(pixels, 40, 36))
    }
  }
}

/** The PNG file of RGB bytes. */
export async function png(rgb: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

/** A model folder with drawn weights, for pictures of 32 × 32 pixels and three classes. */
export async function writeTinyModel(folder: string, { embedDim = 32, dropout = 0 } = {}): Promise<void> {
  const options = { imageSize: 32, patchSize: 8, embedDim, depth: 2, numHeads: 2, numClasses: 3, dropout }
  const model = {
    vit: new ViT(options, 1),
    labels: ['one', 'two', 'three'],
    preprocessor: defaultPreprocessor(32),
    pretrained: false,
  }
  await saveModel(nodeFiles, folder, model)
}

/** A folder with `pics` (30 pictures in three classes) and `tiny`, for commands to run in. */
export async function workplace(name: string): Promise<string> {
  const folder = await temporaryFolder(name)
  await drawPictures(`${folder}/pics`, ['blue', 'green', 'red'])
  await writeTinyModel(`${folder}/tiny`)
  return folder
}

/** Why no file system can be mounted here, or false where one can. */
export const noMounts: string | false =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
    ? false
    : 'needs Linux and the right to mount a file system'

/** Runs shell commands, in which `vitrine` is the program; `mounts` keeps what they mount from everybody else. */
export function runShell(cwd: string, script: string, { mounts = false } = {}): Promise<Ended> {
  const setup = `vitrine() { '${process.execPath}' '${program}' "$@"; }; set -e`
  const command = ['bash', '-c', `${setup}\n${script}`]
  const [first, ...rest] = mounts ? ['unshare', '-rm', ...command] : command
  return start(first!, rest, cwd).ended
}
