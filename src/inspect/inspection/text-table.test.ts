import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFacts, formatTable, shorten, wrap } from './text-table.js'

const columns = [
  { title: 'part', align: 'left' },
  { title: 'ops', align: 'left', isElastic: true },
  { title: 'empty', align: 'left' },
  { title: 'count', align: 'right' },
] as const

test('columns are as wide as their texts, and empty ones are left out', () => {
  const lines = formatTable(columns, [{ cells: ['a', 'MatMul Add', '', '12'] }, { cells: ['bcdef', 'Add', '', '7'] }])
  assert.deepEqual(lines, ['part   ops         count', 'a      MatMul Add     12', 'bcdef  Add             7'])
})

test('the elastic column gives way, cut between words, or by its short text', () => {
  const rows = [
    { cells: ['a', 'ReduceMean Sub Pow', '', '1'] },
    { cells: ['b', ['Sub Pow Sqrt Div Mul', '5 nodes'] as const, '', '2'] },
  ]
  assert.deepEqual(formatTable(columns, rows, { width: 27 }), [
    'part  ops             count',
    'a     ReduceMean …        1',
    'b     5 nodes             2',
  ])
})

test('two elastic columns share what is missing', () => {
  const two = [
    { title: 'a', align: 'left', isElastic: true },
    { title: 'b', align: 'left', isElastic: true },
  ] as const
  const [, line] = formatTable(two, [{ cells: ['one two three four five', 'one two'] }], { width: 20 })
  assert.equal(line, 'one two …    one two')
})

test('styles wrap whole lines and take no room', () => {
  const style = { bold: (text: string) => `<${text}>`, dim: (text: string) => `(${text})` }
  const lines = formatTable(columns, [{ cells: ['a', 'Add', '', '1'], look: 'bold' }], { style })
  assert.deepEqual(lines, ['(part  ops  count)', '<a     Add      1>'])
})

test('long facts go on below, indented', () => {
  assert.deepEqual(formatFacts([['file', 'one two three four five six']], { width: 26 }), [
    'file  one two three four',
    '      five six',
  ])
})

test('words longer than the room are cut', () => {
  assert.equal(shorten('ReduceMeanSquare', 8), 'ReduceM…')
  assert.deepEqual(wrap('a bb ccc', 4), ['a bb', 'ccc'])
})
