import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'

/** @throws UserError where the file is missing or no JSON */
export async function readJson(files: Files, path: string): Promise<unknown> {
  return parseJson(await files.readText(path), path)
}

/** @throws UserError which names `where` the text stands, if it is no JSON */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UserError(`${where} is not valid JSON: correct it or write it again`)
  }
}
