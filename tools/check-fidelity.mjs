import { runFigures } from '../bench/lib/run-figures.mjs'

/**
 * Proves that Vitrine computes what the original libraries do, against those installed: `npm run check:fidelity`.
 * VITRINE_PYTHON names a Python that has them, VITRINE_PADDLE_PYTHON one that has PaddlePaddle.
 */
const { short, skipped } = await runFigures([
  'families',
  'converted',
  'run-folder',
  'photos',
  'pictures',
  'load',
  'hostile',
])
// What was not measured is not proven.
if (short + skipped > 0) process.exitCode = 1
