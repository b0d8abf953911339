import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assertFails, inPairs, runShell, temporaryFolder, vitrine } from '../testing/command-line.js'

const folder = await temporaryFolder('usage')

const wrongUsage: [args: string[], ...words: RegExp[]][] = [
  [['nosuch'], /unknown command 'nosuch'; see vitrine --help/],
  [['train'], /missing required argument 'data'; see vitrine train --help/],
  [['train', 'pics', 'more'], /too many arguments/],
  [['train', 'pics', '--epoch', '3'], /unknown option '--epoch' \(Did you mean --epochs\?\)/],
  [['train', 'pics', '--lr'], /'--lr <rate>' argument missing/],
  [['train', 'pics', '--lr', 'abc'], /--lr.*'abc' is invalid: give a number above 0;/],
  [['train', 'pics', '--lr', '0'], /--lr/],
  [['train', 'pics', '--lr', 'Infinity'], /--lr/],
  [['train', 'pics', '--epochs', '0'], /--epochs.*'0' is invalid: give a whole number from 1 up;/],
  [['train', 'pics', '--epochs', '1.5'], /--epochs/],
  [['train', 'pics', '--batch-size', ''], /--batch-size/],
  [['train', 'pics', '--seed', '-1'], /--seed/],
  [['train', 'pics', '--seed', '1e300'], /--seed/],
  [['train', 'pics', '--val-split', '1'], /--val-split.*above 0, below 1/],
  [['train', 'pics', '--val-split', '0.2', '--val', 'other'], /--val-split.*--val/],
  [['train', 'pics', '--optimizer', 'adam'], /--optimizer.*adamw, sgd, lamb, lion, adafactor/],
  [['train', 'pics', '--recipe', 'best'], /--recipe.*finetune, linear-probe, simple, paddle, wzm, google, deit/],
  [['train', 'pics', '--layer-decay', '2'], /--layer-decay/],
  [['train', 'pics', '--force'], /--force says how to --resume: add --resume, or leave --force out/],
  [['train', 'pics', '--recipe', 'linear-probe', '--resume'], /linear-probe keeps no checkpoints: leave --resume out/],
  [['predict'], /missing required argument 'model'/],
  [['predict', 'model'], /missing required argument 'images'/],
  [['predict', 'model', 'a.png', '--top-k', '0'], /--top-k/],
  [['evaluate', 'model'], /missing required argument 'data'/],
  [['summary'], /missing required argument 'model'/],
  [['inspect'], /missing required argument 'model'/],
  [['inspect', 'm.onnx', '--batch', '0'], /--batch/],
  [['inspect', 'm.onnx', '--compare', 'n.onnx', '--ops'], /--compare.*--ops/],
  [['export', 'model'], /'--output <path>' not specified/],
  [['export', 'model', '--output', 'model.txt'], /--output.*ends in \.onnx/],
  [['export', 'model', '--output', 'x', '--training', '--preprocessing'], /--training takes prepared pictures/],
  [['export', 'model', '--output', 'm.onnx', '--opset', '3'], /--opset.*11 to 22/],
  [['export', 'model', '--output', 'm.onnx', '--batch', '0'], /--batch/],
  [['export', 'model', '--output', 'm.onnx', '--preprocessing', '--opset', '11'], /--preprocessing needs --opset 12/],
  [['export', 'model', '--output', 'm.onnx', '--preprocessing', '--batch', '4'], /leave --batch 4 out/],
]

test('wrong usage is one sentence and exit code 2', async () => {
  await inPairs(wrongUsage, async ([args, ...words]) => {
    const ended = await vitrine(folder, ...args)
    assertFails(ended, 2, ...words)
    assert.equal(ended.stdout, '')
  })
})

test('without a command it shows the help on standard error, as wrong usage', async () => {
  const { code, stdout, stderr } = await vitrine(folder)
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /^Usage: vitrine \[options\] \[command\]\n/)
})

test('help and version go to standard output', async () => {
  const [help, trainHelp, version] = await Promise.all(
    [['--help'], ['train', '--help'], ['--version']].map((args) => vitrine(folder, ...args)),
  )
  assert.deepEqual([help!.code, trainHelp!.code, version!.code], [0, 0, 0])
  assert.match(help!.stdout, /\n {2}train .*\n {2}predict /)
  assert.match(trainHelp!.stdout, /--resume/)
  const { version: expected } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(version!.stdout, `${expected}\n`)
})

test('a missing model is one sentence, and its stack trace is there for the asking', async () => {
  for (const args of [['summary'], ['predict'], ['evaluate'], ['export', '--output', 'm.onnx']]) {
    const pictures = ['predict', 'evaluate'].includes(args[0]!) ? ['pics'] : []
    assertFails(await vitrine(folder, args[0]!, 'nosuch', ...pictures, ...args.slice(1)), 1, /no model nosuch: give/)
  }
  const verbose = await vitrine(folder, 'summary', 'nosuch', '--verbose')
  assert.equal(verbose.code, 1)
  assert.match(verbose.stderr, /^error: .*\nUserError: .*\n {4}at /)
})

const noDevFull = process.platform !== 'linux' && 'needs bash and /dev/full'

test('a reader that went away is no error, a full disk is one', { skip: noDevFull }, async () => {
  const closed = await runShell(folder, `vitrine summary vit_tiny_patch16_224 | true; exit \${PIPESTATUS[0]}`)
  assert.deepEqual([closed.code, closed.stderr], [0, ''])
  const full = await runShell(folder, 'vitrine summary vit_tiny_patch16_224 > /dev/full')
  assertFails(full, 1, /cannot write to standard output \(ENOSPC\)/)
})
