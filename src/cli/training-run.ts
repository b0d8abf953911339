import type { TrainerOptions } from '../train/index.js'

/** What the commands that train ask for. */
export interface TrainingRun
  extends Pick<
    TrainerOptions,
    'model' | 'train' | 'teacher' | 'validation' | 'recipe' | 'output' | 'identity' | 'resume' | 'force' | 'cacheBytes'
  > {
  /** Print JSON lines instead of a sentence. */
  json: boolean
  /** Learns the head alone, from features that are computed once. */
  probe?: boolean
  /** What the report lists besides the recipe. */
  settings: Record<string, string>
  warnings: readonly string[]
  title?: string
  /** What to say after Ctrl-C. */
  howToGoOn: string
}
