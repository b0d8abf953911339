import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository; every figure is measured with it as the working folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

export const photos = '../shared/data/flower_photos'
export const samples = '../shared/data/imagenet-samples'
export const weights = '../shared/weights/vit_tiny_patch16_224'

/** Why a figure cannot be measured: the first of these paths that is missing. */
export function missing(...paths) {
  const path = paths.find((path) => !existsSync(join(root, path)))
  return path && `needs ${path}`
}
