import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import {
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_SegmentSchema,
} from 'onnx-buf'
import type { Random } from '../../random.js'
import { absurd, type Breakages, type BrokenModel, inMessage, pick } from './broken-model.js'

const fill = (path: string) => writeFileSync(path, new Uint8Array(64))

/** Faults of weights: sizes, types, bytes, and the files beside the model that hold them. */
export const brokenWeights: Breakages = {
  'an absurd size': inWeight((weight, random) => {
    weight.dims[random.integer(Math.max(weight.dims.length, 1))] = pick(absurd, random)!
  }),
  'sizes whose product is too large': inWeight((weight) => {
    weight.dims = [2n ** 32n, 2n ** 32n, 2n ** 32n]
  }),
  'sizes whose product is right, as two are negative': inWeight((weight) => {
    weight.dims = [-1n, -1n, ...weight.dims]
  }),
  '10,000 axes': inWeight((weight) => {
    weight.dims = [...weight.dims, ...new Array(10_000).fill(1n)]
  }),
  'no sizes': inWeight((weight) => {
    weight.dims = []
  }),
  'another element type': inWeight((weight, random) => {
    weight.dataType = random.integer(30)
  }),
  'an unknown element type': inWeight((weight, random) => {
    weight.dataType = pick([99, -1, 2 ** 31 - 1], random)!
  }),
  'a byte missing': inWeight((weight) => {
    weight.rawData = weight.rawData.slice(1)
  }),
  'a byte too many': inWeight((weight) => {
    weight.rawData = Uint8Array.from([...weight.rawData, 0])
  }),
  'no bytes': inWeight((weight) => {
    weight.rawData = new Uint8Array()
  }),
  'numbers twice': inWeight((weight) => {
    weight.floatData = [1, 2, 3]
    weight.int64Data = [1n]
  }),
  'a list for another type': inWeight((weight) => {
    weight.rawData = new Uint8Array()
    weight.stringData = [Uint8Array.of(255)]
    weight.doubleData = [Number.NaN]
  }),
  'a part of a tensor': inWeight((weight) => {
    weight.segment = create(TensorProto_SegmentSchema, { begin: 5n, end: 2n })
  }),
  'a sparse tensor that points outside': inMessage((_, graph, random) => sparse(graph, random, [2n ** 62n, -5n])),
  'a sparse tensor of absurd size': inMessage((_, graph, random) => sparse(graph, random, [0n, 1n], 2n ** 40n)),
  'a file outside the folder': outside([
    '../secret',
    '/etc/passwd',
    'C:\\secret',
    'a/../../b',
    '..',
    '\\\\host\\share',
  ]),
  'a file without a name': outside(['', '.', '/', './', 'a\0b']),
  'a missing file': inFile({}, () => {}),
  'a folder as file': inFile({}, (path) => mkdirSync(path)),
  'an empty file': inFile({}, (path) => writeFileSync(path, '')),
  'a file that is too short': inFile({ length: '100' }, (path) => writeFileSync(path, 'short')),
  'a link to a device': inFile({ length: '4' }, (path) => symlinkSync('/dev/zero', path)),
  'a link to a secret': inFile({}, (path) => symlinkSync('/etc/passwd', path)),
  'a link to itself': inFile({}, (path) => symlinkSync(path, path)),
  'a pipe that nobody writes to': inFile({ length: '4' }, (path) => execFileSync('mkfifo', [path])),
  'an offset that is none': inFile({ offset: ['-8', 'abc', '1e300', '0x8', '9223372036854775807', ' '] }, fill),
  'a length that is none': inFile({ length: ['-8', 'abc', '1e300', '9223372036854775807', 'NaN', ''] }, fill),
  'a file that holds another number of bytes': inFile({}, fill),
}

/** Changes one of the weights, or a tensor of a Constant where the model has none. */
function inWeight(change: (weight: TensorProto, random: Random) => void) {
  return inMessage((_, graph, random) => {
    const weight = anyWeight(graph, random)
    if (weight) change(weight, random)
  })
}

function anyWeight({ initializer, node }: GraphProto, random: Random): TensorProto | undefined {
  const constants = node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []))
  return pick([...initializer, ...initializer, ...constants], random)
}

function sparse(graph: GraphProto, random: Random, indices: bigint[], size = 16n) {
  const weight = graph.initializer.splice(random.integer(Math.max(graph.initializer.length, 1)), 1)[0]
  if (!weight) return
  const tensor = create(SparseTensorProtoSchema, {
    values: { name: weight.name, dataType: 1, dims: [2n], floatData: [1, 2] },
    indices: { dataType: 7, dims: [2n], int64Data: indices },
    dims: [size],
  })
  graph.sparseInitializer.push(tensor)
}

type Entries = Record<string, string | string[]>

/** Puts a weight into a file `weights` beside the model; `make` makes that file. */
function inFile(entries: Entries, make: (path: string) => void) {
  return (bytes: Uint8Array, random: Random): BrokenModel => ({
    ...inExternal({ location: 'weights', ...entries })(bytes, random),
    beside: (folder) => make(join(folder, 'weights')),
  })
}

function outside(locations: string[]) {
  return inExternal({ location: locations })
}

function inExternal(entries: Entries) {
  return inWeight((weight, random) => {
    weight.rawData = new Uint8Array()
    weight.dataLocation = DataLocation.EXTERNAL
    weight.externalData = Object.entries(entries).map(([key, values]) =>
      create(StringStringEntryProtoSchema, { key, value: typeof values === 'string' ? values : pick(values, random)! }),
    )
  })
}
