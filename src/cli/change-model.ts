import { UserError } from '../errors.js'
import { ViT, type ViTConfig } from '../nn/index.js'

/** The model of a config with some options otherwise. @throws UserError where they do not go together */
export function change(config: Partial<ViTConfig>, changes: Partial<ViTConfig>): ViT {
  try {
    return new ViT({ ...config, ...changes })
  } catch (error) {
    throw new UserError(`this model cannot be changed so: ${(error as Error).message}`)
  }
}
