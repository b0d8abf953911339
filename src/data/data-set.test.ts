import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UserError } from '../errors.js'
import { nodeFiles } from '../runtime/node/files.js'
import { readDataSet, readJudgedSamples } from './data-set.js'

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

for (const [train, name] of [
  ['train', 'val'],
  ['train', 'valid'],
  ['TRAIN', 'Validation'],
  ['training', 'test'],
] as const)
  test(`${train}/ and ${name}/ are recognised`, async () => {
    const root = await makeTree(
      `divided-${name}`,
      `${train}/a/1.jpg`,
      `${train}/b/1.jpg`,
      `${name}/b/2.jpg`,
      `${name}/a/2.jpg`,
    )
    const { classes, train: learned, validation, warnings } = await readDataSet(nodeFiles, root)
    assert.deepEqual([classes, warnings], [['a', 'b'], []])
    assert.deepEqual(
      learned.map(({ path }) => path),
      [`${root}/${train}/a/1.jpg`, `${root}/${train}/b/1.jpg`],
    )
    assert.deepEqual(validation, [
      { path: `${root}/${name}/a/2.jpg`, label: 0 },
      { path: `${root}/${name}/b/2.jpg`, label: 1 },
    ])
    assert.equal((await readJudgedSamples(nodeFiles, root)).samples.length, 2)
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

test('train/ alone is learned from and not divided; val/ alone is refused', async () => {
  const alone = await makeTree('alone', 'train/a/1.jpg', 'train/b/1.jpg')
  const { classes, train, validation } = await readDataSet(nodeFiles, alone)
  assert.deepEqual([classes, train.length, validation], [['a', 'b'], 2, undefined])
  const judged = await makeTree('judged', 'val/a/1.jpg', 'val/b/1.jpg', 'Test/a/1.jpg')
  await refused(judged, /judged has Test, val, but no train: name the folder to learn from train/)
})

test('classes may be called train and test', async () => {
  const root = await makeTree('vehicles', 'train/1.jpg', 'test/2.jpg')
  assert.deepEqual((await readDataSet(nodeFiles, root)).classes, ['test', 'train'])
  const nested = await makeTree('nested', 'train/steam/1.jpg', 'bus/2.jpg')
  assert.deepEqual((await readDataSet(nodeFiles, nested)).classes, ['bus', 'train'])
})

test('classes to judge by have to be learned; those that are not judged are told', async () => {
  const train = ['train/a/1.jpg', 'train/b/1.jpg', 'train/e/1.jpg']
  const more = await makeTree('more', ...train, 'val/a/1.jpg', 'val/c/1.jpg', 'val/d/1.jpg')
  await refused(
    more,
    /more has the classes "c", "d" among the validation pictures alone, and .* to learn are "a", "b", "e": add such/,
  )
  const less = await makeTree('less', ...train, 'val/a/1.jpg')
  const { classes, warnings } = await readDataSet(nodeFiles, less)
  assert.deepEqual(classes, ['a', 'b', 'e'])
  assert.deepEqual(warnings, [
    `${less} has no validation pictures of the classes "b", "e": how well they are learned is not judged`,
  ])
})

test('another data set may be what to judge by, with its classes matched by name', async () => {
  const other = await makeTree('other', 'b/7.jpg')
  const { classes, validation, warnings } = await readDataSet(nodeFiles, pictures, other)
  assert.deepEqual([classes, validation], [['a', 'b'], [{ path: `${other}/b/7.jpg`, label: 1 }]])
  assert.match(warnings.join(), /other has no validation pictures of the class "a": how well it is learned/)
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
  assert.match(warnings.join(), /2\.csv lists pictures it has listed before, in 1 of its lines: each counts once/)
})

test('what is wrong with a manifest is one sentence', async () => {
  const cases: [name: string, content: string | Uint8Array, words: RegExp][] = [
    ['x.txt', 'file,label\n', /x\.txt is no data set: .*\.csv or \.jsonl/],
    ['x.csv', '', /x\.csv has no header: write "file,label"/],
    ['x.csv', 'a/1.jpg,a\n', /x\.csv begins with a picture and not with a header: write "file,label" above/],
    ['x.csv', 'image,class\na/1.jpg,a\n', /has the columns image, class, but needs file and label: rename/],
    ['x.csv', 'file;label\na/1.jpg;a\n', /has the first line "file;label": separate its columns by commas/],
    ['x.csv', 'file,label\n', /lists no pictures/],
    ['x.jsonl', '\n', /lists no pictures/],
    ['x.csv', 'file,label\nc/1.jpg,a\nd.jpg,b\n', /none of its pictures exists, the first being .*\/c\/1\.jpg: files/],
    ['x.csv', 'file,label\na\\1.jpg,a\nd.jpg,b\n', /none of its pictures exists, .*a\\1\.jpg: write \/ in place of \\/],
    ['x.csv', 'file,label\na/1.jpg,a\nc/1.jpg,a\nd.jpg,b\n', /x\.csv: no picture of "b" exists, .*\/d\.jpg/],
    ['x.csv', 'file,label\na/1.jpg,a\n./a/1.jpg,b\n', /a\/1\.jpg is listed as "a" and as "b"/],
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
    ['x.jsonl', '{"file": "a/1.jpg", "label": null}', /line 1 has no label \(it has file\): give/],
    ['x.jsonl', '{"image": "a/1.jpg", "label": "a"}', /line 1 has no file \(it has image, label\): give/],
    ['x.jsonl', '{"file": "a/1.jpg", "label": ["a", "b"]}', /line 1 has a label of several values: write one/],
    [
      'x.jsonl',
      '{"file": "a/1.jpg", "label": "a", "split": "train"}\n{"file": "b/1.jpg", "label": "b"}',
      /gives 1 of 2 pictures no split, the first being .*b\/1\.jpg: give one to all or to none/,
    ],
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

test('missing files are left out, counted and named', async () => {
  const path = await manifest('3.csv', 'file,label\na/1.jpg,a\nx.jpg,a\nb/1.jpg,b\n../y.jpg,b\n')
  const { train, warnings } = await readDataSet(nodeFiles, path)
  assert.equal(train.length, 2)
  assert.deepEqual(warnings, [
    `${path} names 2 of 4 pictures that do not exist, which are left out: ${pictures}/x.jpg, ${folder}/y.jpg`,
  ])
})

test('empty rows of a table are nothing, and a picture may be in two parts', async () => {
  const rows = ['a/1.jpg,a,Train', ',,', '', '  ,,', 'b/1.jpg,b,training', 'a/1.jpg,a,VALID', 'b/1.jpg,b,valid', ',,']
  const path = await manifest('4.csv', `file,label,split\r\n${rows.join('\r\n')}`)
  const { train, validation, warnings } = await readDataSet(nodeFiles, path)
  assert.deepEqual([train, warnings], [validation, []])
})

test('names of classes that look like mistakes are told', async () => {
  const path = await manifest('5.jsonl', '{"file": "a/1.jpg", "label": 7}\n{"file": "b/1.jpg", "label": "Rose"}')
  const { classes, warnings } = await readDataSet(nodeFiles, path)
  assert.deepEqual(classes, ['7', 'Rose'])
  assert.match(warnings.join(), /some classes are numbers, such as "7", and others are names, such as "Rose"/)
  const twins = await manifest('6.csv', 'file,label\na/1.jpg,rose\nb/1.jpg,Rose \n')
  assert.match((await readDataSet(nodeFiles, twins)).warnings.join(), /"Rose" and "rose" differ in capitals alone/)
})
