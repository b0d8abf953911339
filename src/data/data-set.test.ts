import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UserError } from '../errors.js'
import { nodeFiles } from '../runtime/node/files.js'
import { readDataSet } from './data-set.js'

const folder = await mkdtemp(join(tmpdir(), 'vitrine-data-set-'))
after(() => rm(folder, { recursive: true }))

async function makeTree(name: string, ...paths: string[]): Promise<string> {
  await mkdir(`${folder}/${name}`, { recursive: true })
  for (const path of paths) await nodeFiles.write(`${folder}/${name}/${path}`, '')
  return `${folder}/${name}`
}

const pictures = await makeTree('pictures', 'a/1.jpg', 'a/2.jpg', 'b/1.jpg', 'b/ü, "x".png')

async function manifest(name: string, content: string | Uint8Array): Promise<string> {
  await nodeFiles.write(`${pictures}/${name}`, content)
  return `${pictures}/${name}`
}

const refused = (path: string, words: RegExp) =>
  assert.rejects(
    readDataSet(nodeFiles, path),
    (error) => error instanceof UserError && words.test(error.message) && !error.message.includes('\n'),
    String(words),
  )

test('a folder of class folders has no validation part', async () => {
  assert.deepEqual(await readDataSet(nodeFiles, `${pictures}/`), {
    classes: ['a', 'b'],
    train: [
      { path: `${pictures}/a/1.jpg`, label: 0 },
      { path: `${pictures}/a/2.jpg`, label: 0 },
      { path: `${pictures}/b/1.jpg`, label: 1 },
      { path: `${pictures}/b/ü, "x".png`, label: 1 },
    ],
    validation: undefined,
    warnings: [],
  })
})

for (const name of ['val', 'valid', 'validation', 'test'])
  test(`train/ and ${name}/ are recognised`, async () => {
    const root = await makeTree(
      `divided-${name}`,
      'train/a/1.jpg',
      'train/b/1.jpg',
      `${name}/b/2.jpg`,
      `${name}/a/2.jpg`,
    )
    const { classes, train, validation, warnings } = await readDataSet(nodeFiles, root)
    assert.deepEqual([classes, warnings], [['a', 'b'], []])
    assert.deepEqual(
      train.map(({ path }) => path),
      [`${root}/train/a/1.jpg`, `${root}/train/b/1.jpg`],
    )
    assert.deepEqual(validation, [
      { path: `${root}/${name}/a/2.jpg`, label: 0 },
      { path: `${root}/${name}/b/2.jpg`, label: 1 },
    ])
  })

test('beside val/ the part test/ is left out, and said so; a test/ without classes is none', async () => {
  const both = await makeTree('both', 'train/a/1.jpg', 'train/b/1.jpg', 'val/a/2.jpg', 'val/b/2.jpg', 'test/a/3.jpg')
  const { validation, warnings } = await readDataSet(nodeFiles, both)
  assert.equal(validation?.length, 2)
  assert.match(warnings.join(), /both\/test is left out/)
  const unlabelled = await makeTree('unlabelled', 'train/a/1.jpg', 'train/b/1.jpg', 'test/1.jpg')
  const data = await readDataSet(nodeFiles, unlabelled)
  assert.equal(data.validation, undefined)
  assert.match(data.warnings.join(), /unlabelled\/test is left out/)
})

test('classes may be called train and test', async () => {
  const root = await makeTree('vehicles', 'train/1.jpg', 'test/2.jpg')
  assert.deepEqual((await readDataSet(nodeFiles, root)).classes, ['test', 'train'])
})

test('a class in one part only is refused', async () => {
  const more = await makeTree('more', 'train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg', 'val/b/1.jpg', 'val/c/1.jpg')
  await refused(more, /"c" among the validation pictures alone/)
  const less = await makeTree('less', 'train/a/1.jpg', 'train/b/1.jpg', 'val/a/1.jpg')
  await refused(less, /"b" among the training pictures alone/)
})

test('a manifest in CSV and in JSON Lines', async () => {
  const expected = {
    classes: ['a', 'b'],
    train: [
      { path: `${pictures}/b/ü, "x".png`, label: 1 },
      { path: `${pictures}/a/1.jpg`, label: 0 },
    ],
    validation: [
      { path: `${pictures}/a/2.jpg`, label: 0 },
      { path: `${pictures}/b/1.jpg`, label: 1 },
    ],
    warnings: [],
  }
  const csv =
    '\uFEFFlabel,File,note,split\r\nb,"b/ü, ""x"".png",,train\r\na,./a/1.jpg,"x\ny",train\r\na,a/2.jpg,,val\r\n'
  assert.deepEqual(await readDataSet(nodeFiles, await manifest('1.csv', `${csv}b,b/../b/1.jpg,,val`)), expected)
  const lines = [
    { file: 'b/ü, "x".png', label: 'b', split: 'train' },
    { file: `${pictures}/a/1.jpg`, label: 'a', split: 'train', box: [1, 2] },
    { file: 'a/2.jpg', label: 'a', split: 'test' },
    { file: 'b/1.jpg', label: 'b', split: 'test' },
  ]
  const jsonl = lines.map((line) => `${JSON.stringify(line)}\n\n`).join('')
  assert.deepEqual(await readDataSet(nodeFiles, await manifest('1.jsonl', jsonl)), expected)
})

test('without splits a manifest has no validation part; what is listed twice counts once', async () => {
  const path = await manifest('2.csv', 'file,label\na/1.jpg,7\nb/1.jpg,10\na/1.jpg,7\n')
  const { classes, train, validation, warnings } = await readDataSet(nodeFiles, path)
  assert.deepEqual([classes, train.length, validation], [['10', '7'], 2, undefined])
  assert.match(warnings.join(), /1 pictures more than once/)
})

test('what is wrong with a manifest is one sentence', async () => {
  const cases: [name: string, content: string | Uint8Array, words: RegExp][] = [
    ['x.txt', 'file,label\n', /x\.txt is no data set: .*\.csv or \.jsonl/],
    ['x.csv', '', /no header with the columns file and label/],
    ['x.csv', 'a/1.jpg,a\n', /no header with the columns file and label/],
    ['x.csv', 'file,label\n', /lists no pictures/],
    ['x.jsonl', '\n', /lists no pictures/],
    [
      'x.csv',
      'file,label\na/1.jpg,a\nc/1.jpg,a\nd.jpg,b\n',
      /names 2 of 3 pictures that do not exist, the first being .*\/c\/1\.jpg/,
    ],
    ['x.csv', 'file,label\na/1.jpg,a\n./a/1.jpg,b\n', /a\/1\.jpg is listed as "a" and as "b"/],
    ['x.csv', 'file,label,split\na/1.jpg,a,train\na/1.jpg,a,val\n', /in the parts train and val/],
    ['x.csv', 'file,label,split\na/1.jpg,a,train\nb/1.jpg,b,val\n', /"b" among the validation pictures alone/],
    ['x.csv', 'file,label,split\na/1.jpg,a,val\nb/1.jpg,b,val\n', /no picture in the split train/],
    ['x.csv', 'file,label,split\na/1.jpg,a,dev\n', /record 2 has the split "dev": write train or val/],
    ['x.csv', 'file,label,split\na/1.jpg,a,\n', /record 2 has no split/],
    ['x.csv', 'file,label\na/1.jpg\n', /record 2 has 1 fields and the header 2/],
    ['x.csv', 'file,label\na/1.jpg,\n', /record 2 has no label/],
    ['x.csv', 'file,label\nnotes.txt,a\n', /record 2 names notes\.txt, which is no picture/],
    ['x.csv', 'file,label\n"a/1.jpg,a\n', /line 2 has a quote that is not closed/],
    ['x.csv', 'file,label\na/1.jpg,a\n', /single class "a"/],
    ['x.csv', Uint8Array.of(0xff, 0xfe, 0x66, 0), /not UTF-8/],
    ['x.jsonl', '{"file": "a/1.jpg", "label": "a"}\n{"file"', /x\.jsonl, line 2 cannot be read/],
    ['x.jsonl', '["a/1.jpg", "a"]', /line 1 is no JSON object/],
    ['x.jsonl', '{"file": "a/1.jpg", "label": null}', /line 1 has no label/],
  ]
  for (const [name, content, words] of cases) await refused(await manifest(name, content), words)
  await refused(`${folder}/nowhere`, /nowhere/)
})

test('uneven classes are told', async () => {
  const many = Array.from({ length: 11 }, (_, i) => `a/${i}.jpg`)
  const even = await makeTree('even', ...many.slice(1), 'b/1.jpg')
  assert.deepEqual((await readDataSet(nodeFiles, even)).warnings, [])
  const uneven = await makeTree('uneven', ...many, 'b/1.jpg')
  assert.match((await readDataSet(nodeFiles, uneven)).warnings.join(), /"a" has 11 training pictures and "b" 1/)
})
