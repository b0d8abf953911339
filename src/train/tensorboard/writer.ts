import type { Files } from '../../runtime/files.js'
import { type Content, encodeEvent, type PngImage } from './event.js'
import { histogramOf } from './histogram.js'
import { encodeRecord } from './record.js'

/**
 * Writes an event file that `tensorboard --logdir` shows, while it is written too. Every call appends whole records, so
 * that a run that is killed leaves all but perhaps its last one. Await each call: events are in the order of the file.
 */
export class TensorBoardWriter {
  private constructor(
    private readonly files: Files,
    readonly path: string,
  ) {}

  /**
   * Begins a new event file in `folder`, beside those of earlier parts of the run. Where the run is taken up again,
   * `resumedAt` is its next step: TensorBoard forgets what earlier files tell from there on.
   * @throws UserError where the folder cannot be written
   */
  static async open(
    files: Files,
    folder: string,
    { resumedAt }: { resumedAt?: number | undefined } = {},
  ): Promise<TensorBoardWriter> {
    const writer = new TensorBoardWriter(files, await newName(files, folder))
    await writer.append(0, { fileVersion: 'brain.Event:2' })
    if (resumedAt !== undefined) await writer.append(resumedAt, { restart: true })
    return writer
  }

  /** Points of charts, by tag: `train/loss` is the chart "loss" in the group "train". */
  scalars(values: Readonly<Record<string, number>>, step: number): Promise<void> {
    return this.append(step, { values: Object.entries(values).map(([tag, scalar]) => ({ tag, scalar })) })
  }

  image(tag: string, image: PngImage, step: number): Promise<void> {
    return this.append(step, { values: [{ tag, image }] })
  }

  /** How values are spread, such as the weights of a layer. */
  histogram(tag: string, values: ArrayLike<number>, step: number): Promise<void> {
    return this.append(step, { values: [{ tag, histogram: histogramOf(values) }] })
  }

  private append(step: number, content: Content): Promise<void> {
    return this.files.append(this.path, encodeRecord(encodeEvent(Date.now() / 1000, step, content)))
  }
}

/** TensorBoard reads the files of a folder in the order of their names, so the time comes first. */
async function newName(files: Files, folder: string): Promise<string> {
  const start = `${folder}/events.out.tfevents.${Math.floor(Date.now() / 1000)}.vitrine`
  for (let i = 0; ; i++) {
    const name = `${start}.${i}`
    if ((await files.kind(name)) === undefined) return name
  }
}
