import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCsv } from './csv.js'

test('fields, quotes and line ends of RFC 4180', () => {
  const cases: [text: string, records: string[][]][] = [
    ['', []],
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n\n\r\n1,',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['"a,1","say ""hi""",""\n', [['a,1', 'say "hi"', '']]],
    ['"two\r\nlines",x', [['two\r\nlines', 'x']]],
    [',\n', [['', '']]],
    ['""""', [['"']]],
    [' a , b', [[' a ', ' b']]],
  ]
  for (const [text, records] of cases) assert.deepEqual(parseCsv(text), records, JSON.stringify(text))
})

test('wrong quotes are named by their line', () => {
  assert.throws(() => parseCsv('a\n"b'), /line 2 has a quote that is not closed/)
  assert.throws(() => parseCsv('a\nb\n"c"d'), /line 3 goes on after a closing quote/)
  assert.throws(() => parseCsv('a"b'), /line 1 has a quote within a field/)
})

test('a text of a million fields is read in no time', () => {
  const started = performance.now()
  assert.equal(parseCsv('file.jpg,label\n'.repeat(500_000)).length, 500_000)
  assert.ok(performance.now() - started < 5000)
})
