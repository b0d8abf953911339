import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equals, fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { ViT } from '../../dist/nn/index.js'
import { encodeModel, Graph, readModel, writeModel } from '../../dist/onnx/index.js'
import { openFile } from '../../dist/runtime/node/index.js'
import { info } from '../lib/rows.mjs'

export const skip = () => undefined

const [pytorch, corpus] = ['../shared/reference/onnx', process.env.VITRINE_ONNX_CORPUS]

/** Files are read and written again unchanged: byte for byte, or at least as the same message. */
export async function* measure() {
  if (existsSync(pytorch)) yield row('files by PyTorch', fromFolder(pytorch), true)
  else yield info(`files by PyTorch: skipped, needs ${pytorch}`, '')
  yield row('files by us', ours(), true)
  yield row('fixtures, by many exporters', fromFolder('test/fixtures/onnx'))
  yield row('fixtures with seldom contents', fromFolder('test/fixtures/odd-onnx'))
  if (corpus) yield row('the corpus of exports', fromFolder(corpus))
}

function* fromFolder(folder) {
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.onnx'))) {
    const file = openFile(join(folder, name))
    const opened = [file]
    const model = readModel(file, (location) => {
      opened.push(openFile(join(folder, location)))
      return opened.at(-1)
    })
    yield { name, bytes: readFileSync(join(folder, name)), written: writeModel(model) }
    for (const each of opened) each.close()
  }
}

/** Small ViTs in every opset that we write. */
function* ours() {
  const options = { imageSize: 32, patchSize: 8, embedDim: 64, depth: 2, numHeads: 4, numClasses: 10 }
  for (let opset = 11; opset <= 22; opset++) {
    const bytes = encodeModel(new ViT(options).build(new Graph({ opset })))
    yield { name: `opset ${opset}`, bytes, written: writeModel(readModel(bytes)) }
  }
}

/** Where bytes need not be the same, their meaning has to be. */
function row(figure, files, needsBytes = false) {
  const counts = { all: 0, same: 0, meaning: 0 }
  for (const { name, bytes, written } of files) {
    counts.all++
    if (Buffer.compare(bytes, written) === 0) counts.same++
    else if (!needsBytes && isSameMessage(bytes, written)) counts.meaning++
    else console.error(`${name} is not what it was`)
  }
  const { all, same, meaning } = counts
  return {
    figure: `${figure}: read and written as they were`,
    required: `${all} of ${all}${needsBytes ? ', byte for byte' : ' in meaning'}`,
    measured: `${same + meaning}, ${same} of them byte for byte`,
    ok: all > 0 && same + meaning === all,
  }
}

const isSameMessage = (a, b) =>
  equals(ModelProtoSchema, fromBinary(ModelProtoSchema, a), fromBinary(ModelProtoSchema, b), { unknown: true })
