import { google } from './google.js'
import { huggingFaceDeit, huggingFaceDinov2, huggingFaceDinov2WithRegisters, huggingFaceVit } from './huggingface.js'
import { huggingFaceClip, huggingFaceSiglip } from './huggingface-clip.js'
import { openclip } from './openclip.js'
import { paddlevit } from './paddlevit.js'
import type { NameTable } from './table.js'
import { timm } from './timm.js'
import { torchvision } from './torchvision.js'

/** All tables; of those with the same anchor, the one with the rarest mark comes first. */
export const tables: readonly NameTable[] = [
  timm,
  huggingFaceDinov2WithRegisters,
  huggingFaceDinov2,
  huggingFaceDeit,
  huggingFaceVit,
  huggingFaceClip,
  huggingFaceSiglip,
  openclip,
  torchvision,
  google,
  paddlevit,
]
