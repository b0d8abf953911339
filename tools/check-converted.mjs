import { runFigures } from '../bench/lib/run-figures.mjs'

/**
 * Proves that what Vitrine writes for timm, transformers, torchvision and transformers.js gives the same outputs there:
 * `npm run build && node tools/check-converted.mjs`. VITRINE_PYTHON names a Python that has the libraries.
 */
const { short, skipped } = await runFigures(['converted', 'run-folder'])
// What was not measured is not proven.
if (short + skipped > 0) process.exitCode = 1
