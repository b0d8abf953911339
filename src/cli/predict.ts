import { Command } from 'commander'
import { wholeNumber } from './options.js'
import type { PredictFlags } from './predict-images.js'

/** `vitrine predict <model> <image…>`: what is in these pictures? */
export function predictCommand(): Command {
  return new Command('predict')
    .description('tell what is in pictures')
    .argument('<model>', 'a run folder, an .onnx file, a model folder, or hf:owner/name')
    .argument('<images...>', 'pictures, or folders of them')
    .option('--top-k <n>', 'how many classes to name for each picture', wholeNumber(1), 5)
    .option('--flip', 'average the probabilities of each picture and its mirror image: better, in twice the time')
    .option('--json', 'print [{"file", "predictions": [{"label", "score"}]}]')
    .action(async (model: string, images: string[], flags: PredictFlags) => {
      const { predictImages } = await import('./predict-images.js')
      await predictImages(model, images, flags)
    })
}
