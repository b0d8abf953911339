import type { Part } from '../../inspect/part.js'
import type { Value } from '../../onnx/index.js'
import { clip, nodeSubtitle, shapeText, subtitleOf, titleOf } from './labels.js'
import type { Box, Drawing } from './layout.js'
import { type Child, isPart, wiresOf } from './wiring.js'

/** What the drawing of a part shows; equal parts have equal ones. `text` gives the index of a string. */
export function drawingOf(part: Part, children: readonly Child[], text: (text: string) => number): Drawing {
  const label = (words: string) => [text(words), words.length] as const
  const stream = streamOf(part)
  return {
    boxes: children.map((child): Box => {
      const title = clip(isPart(child) ? titleOf(child) : child.op, 28)
      const subtitle = clip(isPart(child) ? subtitleOf(child) : nodeSubtitle(child, part), 30)
      return {
        title: text(title),
        titleLength: title.length,
        subtitle: text(subtitle),
        subtitleLength: subtitle.length,
      }
    }),
    arrows: wiresOf(part, children).map(({ from, to, input, value }) => {
      const role = roleOf(children[to], input)
      return {
        from,
        to,
        input,
        stream: isOnStream(stream, value, children[to]),
        role: text(role),
        labelLength: role.length + 1 + shapeText(value).length,
      }
    }),
    inputs: part.inputs.map((_, i) => label(inputName(part, i))),
    outputs: part.outputs.map((_, i) => label(part.outputs.length === 1 ? '' : String(i))),
  }
}

const inputNames: Partial<Record<Part['kind'], readonly string[]>> = {
  scaledDotProduct: ['query', 'key', 'value', 'mask'],
  residual: ['x', 'f(x)'],
}

/** What attention takes is of one shape mostly, and has to be told apart. */
const roleOf = (target: Child | undefined, input: number) =>
  target && isPart(target) && target.kind === 'scaledDotProduct' ? (['Q', 'K', 'V', 'mask'][input] ?? '') : ''

function inputName({ kind, inputs }: Part, index: number): string {
  return inputNames[kind]?.[index] ?? (inputs.length === 1 ? 'x' : clip(inputs[index]!.name.split('/').at(-1)!, 18))
}

/** The values that go around attention and MLP of an encoder layer, to be added to. */
function streamOf(part: Part): ReadonlySet<Value> {
  if (part.kind !== 'encoderLayer') return new Set()
  const sums = part.parts.filter(({ kind }) => kind === 'residual')
  return new Set([...sums.flatMap(({ inputs }) => inputs.slice(0, 1)), ...part.outputs])
}

/** Whether an arrow is the stream itself, and no branch off it. */
const isOnStream = (stream: ReadonlySet<Value>, value: Value, target: Child | undefined) =>
  stream.has(value) && (!target || (isPart(target) && target.kind === 'residual'))
