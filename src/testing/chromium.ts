import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A Chromium on this machine, for tests that look at pages; undefined where there is none. */
export const chromiumPath: string | undefined =
  process.env.VITRINE_CHROMIUM ??
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find((path) => existsSync(path))
