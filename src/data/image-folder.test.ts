import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.js'
import { nodeFiles } from '../runtime/node/files.js'
import { readImageFolder } from './image-folder.js'

const folder = await mkdtemp(join(tmpdir(), 'vitrine-folder-'))
after(() => rm(folder, { recursive: true }))

/** Makes a data set of empty files and gives its root. */
async function makeTree(name: string, ...paths: string[]): Promise<string> {
  const root = `${folder}/${name}`
  await mkdir(root)
  for (const path of paths) {
    if (path.endsWith('/')) await mkdir(`${root}/${path}`, { recursive: true })
    else await nodeFiles.write(`${root}/${path}`, '')
  }
  return root
}

test('classes and pictures are sorted as Python sorts them, and the rest is left out', async () => {
  const root = await makeTree(
    'good',
    'b/2.jpg',
    'b/10.PNG',
    'b/deep/er/1.webp',
    'a/x.tiff',
    'a/notes.txt',
    'a/photo.bmp',
    'a/.hidden.jpg',
    'C/x.jpeg',
    '.git/x.jpg',
    'LICENSE.txt',
    'stray.jpg',
  )
  for (const given of [root, `${root}/`]) {
    assert.deepEqual(await readImageFolder(nodeFiles, given), {
      classes: ['C', 'a', 'b'],
      samples: [
        { path: `${root}/C/x.jpeg`, label: 0 },
        { path: `${root}/a/x.tiff`, label: 1 },
        { path: `${root}/b/10.PNG`, label: 2 },
        { path: `${root}/b/2.jpg`, label: 2 },
        { path: `${root}/b/deep/er/1.webp`, label: 2 },
      ],
    })
  }
})

test('linked class folders are followed', async () => {
  const real = await makeTree('real', 'x.jpg')
  const root = await makeTree('linked', 'a/y.jpg')
  await symlink(real, `${root}/b`)
  assert.deepEqual((await readImageFolder(nodeFiles, root)).samples[1], { path: `${root}/b/x.jpg`, label: 1 })
})

test('what is no data set is a user error that says what to do', async () => {
  const cases: [root: string, words: RegExp][] = [
    [`${folder}/missing`, /missing: there is no such file or folder/],
    [await makeTree('flat', '1.jpg', '2.jpg', 'x.txt'), /^found 2 pictures directly in .*flat: put each class in a/],
    [await makeTree('bare', 'x.txt'), /bare has no class folders/],
    [await makeTree('empty', 'a/1.jpg', 'b/', 'c/1.jpg'), /class folder .*empty\/b has no pictures/],
  ]
  for (const [root, words] of cases) {
    await assert.rejects(
      readImageFolder(nodeFiles, root),
      (error) => error instanceof UserError && words.test(error.message),
      String(words),
    )
  }
})

const flowers = fileURLToPath(new URL('../../../shared/data/flower_photos', import.meta.url))

test('the flower photos', { skip: !existsSync(flowers) && 'needs ../shared/data/flower_photos' }, async () => {
  const { classes, samples } = await readImageFolder(nodeFiles, flowers)
  assert.deepEqual(classes, ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips'])
  assert.equal(samples.length, 2934)
})
