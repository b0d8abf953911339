import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, open, readdir, realpath, rm, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UserError } from '../../errors.js'
import { nodeFiles } from './files.js'

const folder = await mkdtemp(join(tmpdir(), 'vitrine-files-'))
after(() => rm(folder, { recursive: true }))

/** Matches a UserError that names the path and says `words`, in one sentence. */
function userError(path: string, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof UserError, String(error))
    assert.ok(error.message.includes(path), error.message)
    assert.match(error.message, words)
    assert.ok(!error.message.includes('\n'))
    return true
  }
}

test('write makes the folders, replaces what was there and leaves no temporary file', async () => {
  const path = `${folder}/deep/er/file.bin`
  await nodeFiles.write(path, new Uint8Array([1, 2, 3]))
  await nodeFiles.write(path, new Uint8Array([4, 5]).subarray(1))
  assert.deepEqual(await nodeFiles.read(path), new Uint8Array([5]))
  assert.deepEqual(await readdir(`${folder}/deep/er`), ['file.bin'])
})

test('append makes file and folders, and adds to what is there', async () => {
  const path = `${folder}/log/of/file.bin`
  await nodeFiles.append(path, new Uint8Array([1, 2]))
  await nodeFiles.append(path, new Uint8Array([3, 4]).subarray(1))
  assert.deepEqual(await nodeFiles.read(path), new Uint8Array([1, 2, 4]))
  await assert.rejects(nodeFiles.append(folder, new Uint8Array([1])), userError(folder, /it is a folder/))
})

test('read gives a plain Uint8Array, whose slice copies', async () => {
  await nodeFiles.write(`${folder}/plain`, 'abc')
  assert.equal(Object.getPrototypeOf(await nodeFiles.read(`${folder}/plain`)), Uint8Array.prototype)
})

test('large files are read whole, and known again as long as they stay as they were', async () => {
  const path = join(folder, 'large.bin')
  const size = 2 ** 27 + 3
  const file = await open(path, 'w')
  await file.truncate(size)
  for (const [at, byte] of [
    [0, 1],
    [2 ** 26 - 1, 2],
    [2 ** 26, 3],
    [size - 1, 4],
  ] as const)
    await file.write(Uint8Array.of(byte), 0, 1, at)
  await file.close()
  const link = join(folder, 'link.bin')
  await symlink(path, link)
  const bytes = await nodeFiles.read(link)
  assert.equal(bytes.length, size)
  assert.deepEqual([bytes[0], bytes[2 ** 26 - 1], bytes[2 ** 26], bytes[size - 1]], [1, 2, 3, 4])
  assert.equal(await nodeFiles.origin!(bytes.buffer), await realpath(path), 'the file behind the link')
  assert.equal(await nodeFiles.origin!(bytes.slice(0, 5).buffer), undefined, 'other memory')
  await truncate(path, size + 1)
  assert.equal(await nodeFiles.origin!(bytes.buffer), undefined, 'the file has changed since')
})

test('text is UTF-8, and a byte order mark is no part of it', async () => {
  await nodeFiles.write(`${folder}/text`, '\ufeff{"a":"ä"}')
  assert.equal(await nodeFiles.readText(`${folder}/text`), '{"a":"ä"}')
})

test('pieces are written one after another', async () => {
  const whole = Uint8Array.from([1, 2, 3, 4, 5])
  await nodeFiles.write(`${folder}/pieces`, [whole.subarray(0, 2), new Uint8Array(0), whole.subarray(2)])
  assert.deepEqual(await nodeFiles.read(`${folder}/pieces`), whole)
})

test('many writes to one file at once leave one of them whole', async () => {
  const path = `${folder}/race`
  await Promise.all(Array.from({ length: 8 }, (_, i) => nodeFiles.write(path, String(i).repeat(1000))))
  const text = await nodeFiles.readText(path)
  assert.equal(text, text[0]!.repeat(1000))
})

test('list sorts by code unit, follows links and leaves dangling ones out', async () => {
  const root = `${folder}/list`
  for (const name of ['b', 'a', 'B', 'ä', 'sub/x']) await nodeFiles.write(`${root}/${name}`, '')
  await symlink(`${root}/sub`, `${root}/link`)
  await symlink(`${root}/nothing`, `${root}/dangling`)
  assert.deepEqual(await nodeFiles.list(root), [
    { name: 'B', kind: 'file' },
    { name: 'a', kind: 'file' },
    { name: 'b', kind: 'file' },
    { name: 'link', kind: 'folder' },
    { name: 'sub', kind: 'folder' },
    { name: 'ä', kind: 'file' },
  ])
})

test('kind tells files, folders and nothing apart', async () => {
  await nodeFiles.write(`${folder}/kind/file`, '')
  assert.equal(await nodeFiles.kind(`${folder}/kind`), 'folder')
  assert.equal(await nodeFiles.kind(`${folder}/kind/file`), 'file')
  assert.equal(await nodeFiles.kind(`${folder}/kind/none`), undefined)
  assert.equal(await nodeFiles.kind(`${folder}/kind/file/below`), undefined)
})

test('failures are user errors that name the path', async () => {
  await nodeFiles.write(`${folder}/f`, '')
  const cases: [() => Promise<unknown>, string, RegExp][] = [
    [() => nodeFiles.read(`${folder}/none`), `${folder}/none`, /no such file/],
    [() => nodeFiles.readText(folder), folder, /it is a folder/],
    [() => nodeFiles.list(`${folder}/none`), `${folder}/none`, /no such file or folder/],
    [() => nodeFiles.list(`${folder}/f`), `${folder}/f`, /not a folder/],
    [() => nodeFiles.write(`${folder}/f/below`, ''), `${folder}/f/below`, /not a folder/],
  ]
  for (const [action, path, words] of cases) await assert.rejects(action, userError(path, words))
})

test('a rename that fails removes the temporary file', async () => {
  await nodeFiles.write(`${folder}/taken/inside/file`, 'x')
  await assert.rejects(nodeFiles.write(`${folder}/taken/inside`, 'y'), userError(`${folder}/taken/inside`, /a folder/))
  assert.deepEqual(await readdir(`${folder}/taken`), ['inside'])
})

test('a folder without permission to write is a user error', {
  skip: process.getuid?.() === 0 && 'runs as root',
}, async () => {
  await nodeFiles.write(`${folder}/locked/x`, 'x')
  await chmod(`${folder}/locked`, 0o555)
  await assert.rejects(nodeFiles.write(`${folder}/locked/x`, 'y'), userError('locked/x', /permission/))
  assert.equal(await nodeFiles.readText(`${folder}/locked/x`), 'x')
  await chmod(`${folder}/locked`, 0o755)
})

/** Runs code in a process whose files may have `blocks` KiB at most: the write fails as on a full disk. */
function runWithFileLimit(blocks: number, code: string) {
  return spawnSync(
    'bash',
    ['-c', `ulimit -f ${blocks}; trap '' XFSZ; exec "$0" --input-type=module -e "$1"`, process.execPath, code],
    {
      encoding: 'utf8',
    },
  )
}

test('a write that runs out of room keeps the old file', {
  skip: process.platform === 'win32' && 'needs bash and ulimit',
}, async () => {
  const path = `${folder}/full/weights.bin`
  await nodeFiles.write(path, 'old')
  const module = new URL('./files.js', import.meta.url).href
  const run = runWithFileLimit(
    64,
    `import { nodeFiles } from ${JSON.stringify(module)}
     await nodeFiles.write(${JSON.stringify(path)}, new Uint8Array(1e6)).catch(e => console.log(e.name + ': ' + e.message))`,
  )
  assert.match(run.stdout, /^UserError: cannot write .*weights\.bin: .*choose another path/, run.stderr)
  assert.equal(await nodeFiles.readText(path), 'old')
  assert.deepEqual(await readdir(`${folder}/full`), ['weights.bin'])
})

test('a process killed in the middle of a write keeps the old file', async () => {
  const path = `${folder}/killed/weights.bin`
  await nodeFiles.write(path, 'old')
  const module = new URL('./files.js', import.meta.url).href
  const code = `import { nodeFiles } from ${JSON.stringify(module)}
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5)
    for (;;) await nodeFiles.write(${JSON.stringify(path)}, 'n'.repeat(3e6))`
  spawnSync(process.execPath, ['--input-type=module', '-e', code])
  const text = await nodeFiles.readText(path)
  assert.ok(text === 'old' || text.length === 3e6, `${text.length} characters`)
})
