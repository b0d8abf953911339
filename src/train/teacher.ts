import { abridge, UserError } from '../errors.js'
import { convertPixels, samePixels } from '../image/convert-pixels.js'
import type { PreprocessorConfig } from '../image/index.js'
import { encodeModel, Graph, type Tensor } from '../onnx/index.js'
import { runInParts } from '../pipeline/fixed-batch.js'
import { Classifier, type Model } from '../pipeline/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime, Session, Tensors } from '../runtime/session.js'
import { mixInputs, mixPixels } from './mixing.js'

export interface TeacherOptions {
  files: Files
  runtime: Runtime
  /** A run folder, a model folder, or an `.onnx` file. */
  name: string
  /** Who learns from it. */
  student: Pick<Model, 'labels' | 'preprocessor'>
  /** Told what had to be guessed. */
  onNotice?: (text: string) => void
}

/**
 * A trained classifier that another model learns from (Hinton et al., "Distilling the Knowledge in a Neural Network",
 * 2015). It is only used, so nothing in it is random. It sees the pixels that the student sees, in its own size and
 * normalised its own way.
 */
export class Teacher {
  private preparation: Promise<Session> | undefined

  private constructor(
    private readonly options: TeacherOptions,
    private readonly classifier: Classifier,
    /** The teacher's place of each of the student's classes. */
    private readonly places: readonly number[],
  ) {}

  /** @throws UserError where there is no such classifier, or its classes are not the student's */
  static async load(options: TeacherOptions): Promise<Teacher> {
    const { files, runtime, name, student, onNotice } = options
    const classifier = await Classifier.load(files, runtime, name)
    try {
      const places = placesOf(student.labels, classifier.labels, options)
      for (const note of classifier.notes) onNotice?.(note)
      return new Teacher(options, classifier, places)
    } catch (error) {
      await classifier.close()
      throw error
    }
  }

  /**
   * What the teacher says to the student's pixels [batch, channels, height, width]: logits [batch, classes] in the order
   * of the student's classes. `mix` is what the student's step is fed with to mix them, `atOnce` the number of pictures
   * that go through the teacher together. All arrays stay the caller's.
   * @throws UserError where the answers are not finite, or not as many as the classes
   */
  async logits(pixels: Tensor, { mix, atOnce = pixels.shape[0]! }: { mix?: Tensors; atOnce?: number } = {}) {
    const own = this.classifier.preprocessor.config
    const { preprocessor } = this.options.student
    const isReady = !mix && samePixels(preprocessor, own)
    const seen = isReady ? pixels : await this.prepare(pixels, mix)
    return this.inOrder(await runInParts(seen, atOnce, (part) => this.classifier.logits(part)))
  }

  async close(): Promise<void> {
    await this.classifier.close()
    await (await this.preparation)?.close()
  }

  private async prepare(pixels: Tensor, mix: Tensors = {}): Promise<Tensor> {
    const own = this.classifier.preprocessor.config
    const graph = () => preparationGraph(pixels.shape, mix, this.options.student.preprocessor, own)
    this.preparation ??= this.options.runtime.createSession(encodeModel(graph()))
    const feeds = Object.entries({ ...mix, pixel_values: pixels }).map(([name, value]) => [name, copyOf(value)])
    const { prepared } = await (await this.preparation).run(Object.fromEntries(feeds))
    return prepared!
  }

  private inOrder({ shape, data }: Tensor): Tensor {
    const { name } = this.options
    const [batch = 0, count = 0] = shape
    if (count !== this.classifier.labels.length)
      throw new UserError(
        `the teacher ${name} gives ${count} numbers a picture, and has ${this.classifier.labels.length} classes: choose another --teacher`,
      )
    const answers = logitsOf(data as Float32Array, count)
    if (!answers.every(Number.isFinite))
      throw new UserError(
        `the teacher ${name} gives no finite answers to prepared pictures: check it with vitrine evaluate, or choose another --teacher`,
      )
    const { places } = this
    const ordered = Float32Array.from({ length: batch * count }, (_, i) => {
      const [row, column] = [Math.floor(i / count), i % count]
      return answers[row * count + places[column]!]!
    })
    return { dtype: 'float32', shape: [batch, count], data: ordered }
  }
}

/** `pixel_values` and what mixes them → `prepared`, as the teacher wants its pixels. */
function preparationGraph(
  shape: readonly number[],
  mix: Tensors,
  from: PreprocessorConfig,
  to: PreprocessorConfig,
): Graph {
  const graph = new Graph({ name: 'teacher_preprocessing' })
  const pixels = graph.input('pixel_values', 'float32', shape)
  const isMixed = Object.keys(mix).length > 0
  const seen = isMixed ? mixPixels(pixels, mixInputs(graph, pixels)) : pixels
  graph.output('prepared', samePixels(from, to) ? seen : convertPixels(seen, from, to))
  return graph
}

/** Where the teacher has each class of the data. @throws UserError where they are not the same classes */
function placesOf(
  classes: readonly string[],
  known: readonly string[],
  { name, onNotice }: TeacherOptions,
): readonly number[] {
  const places = classes.map((label) => known.indexOf(label))
  const advice = `train it on this data first, with --model ${name}, and name that run as --teacher`
  if (isNumbered(known) && places.includes(-1)) {
    if (known.length !== classes.length)
      throw new UserError(
        `the teacher ${name} has ${known.length} classes without names, and the data has ${classes.length}: ${advice}`,
      )
    onNotice?.(`${name} does not name its classes, so they are taken for ${abridge(classes)}, in this order`)
    return classes.map((_, i) => i)
  }
  const missing = classes.filter((_, i) => places[i] === -1)
  if (missing.length > 0)
    throw new UserError(`the teacher ${name} does not know ${plural(missing)} ${abridge(missing)}: ${advice}`)
  const others = known.filter((label) => !classes.includes(label))
  if (others.length > 0)
    throw new UserError(
      `the teacher ${name} also tells ${plural(others)} ${abridge(others)}, which the data does not have: ${advice}`,
    )
  return places
}

/** Whether the names of classes are only their numbers, as our reader or transformers makes them up. */
const isNumbered = (labels: readonly string[]) =>
  labels.every((label, i) => label === `class ${i}` || label === `LABEL_${i}`)

const plural = ({ length }: readonly string[]) => (length === 1 ? 'the class' : 'the classes')

/** Logits as they are; of probabilities, which some exported classifiers end with, the logarithms: the same in a softmax. */
function logitsOf(answers: Float32Array, classes: number): Float32Array {
  for (let row = 0; row < answers.length; row += classes) {
    const values = answers.subarray(row, row + classes)
    const sum = values.reduce((a, b) => a + b, 0)
    if (!(Math.abs(sum - 1) < 1e-3) || values.some((value) => value < 0)) return answers
  }
  return answers.map((value) => Math.log(Math.max(value, 1e-30)))
}

const copyOf = ({ dtype, shape, data }: Tensor): Tensor => ({ dtype, shape, data: data.slice() })
