import type { Files } from '../../runtime/files.js'
import type { Model } from '../model.js'

/** What a file may be written of. */
export type Content = Parameters<Files['write']>[1]

/** The files of a model in the layout of a library. */
export interface Layout {
  /** The class or the architecture of the library that the model is. */
  architecture: string
  /** The folder's files by their names. */
  files: ReadonlyMap<string, Content>
  /** What the library does otherwise than Vitrine, a sentence each. */
  notices: readonly string[]
}

/** How a library keeps its models. */
export interface Format {
  library: string
  /** What the model has that the library has no place for, in words; undefined where it can have the model. */
  lacks(model: Model): string | undefined
  layOut(model: Model): Layout
}

/** The text of a JSON file. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
