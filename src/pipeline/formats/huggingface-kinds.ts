import type { HuggingFaceType } from '../../weights/index.js'
import type { Model } from '../model.js'
import { nameOf, type Part, partsOf } from './parts.js'

/** A kind of models that Hugging Face has. */
export interface Kind {
  modelType: HuggingFaceType
  classes: { head: string; noHead: string }
  /** What every model of this kind has. */
  always: readonly Part[]
  /** What it may have. */
  may: readonly Part[]
}

/** What all kinds may have. */
const anywhere: readonly Part[] = ['noHead', 'otherActivation', 'otherChannels', 'margin']
const dinov2: readonly Part[] = ['layerScale', 'swiglu', 'meanPooling', 'tokenAndMeanPooling']

const kinds: readonly Kind[] = [
  {
    modelType: 'vit',
    classes: { head: 'ViTForImageClassification', noHead: 'ViTModel' },
    always: [],
    may: ['pooler', 'otherMlpWidth'],
  },
  {
    modelType: 'deit',
    classes: { head: 'DeiTForImageClassificationWithTeacher', noHead: 'DeiTModel' },
    always: ['distillation'],
    may: ['otherMlpWidth', 'bareDistillation'],
  },
  {
    modelType: 'dinov2',
    classes: { head: 'Dinov2ForImageClassification', noHead: 'Dinov2Model' },
    always: [],
    may: dinov2,
  },
  {
    modelType: 'dinov2_with_registers',
    classes: { head: 'Dinov2WithRegistersForImageClassification', noHead: 'Dinov2WithRegistersModel' },
    always: ['registers'],
    may: dinov2,
  },
  {
    modelType: 'clip_vision_model',
    classes: { head: 'CLIPVisionModelWithProjection', noHead: 'CLIPVisionModel' },
    always: ['preNorm'],
    may: ['otherMlpWidth'],
  },
  {
    modelType: 'siglip_vision_model',
    classes: { head: 'SiglipForImageClassification', noHead: 'SiglipVisionModel' },
    always: ['noClassToken'],
    may: ['otherMlpWidth', 'meanPooling', 'attentionPooling'],
  },
]

const knows = ({ always, may }: Kind, part: Part) => [...anywhere, ...always, ...may].includes(part)

/** The kind that a model is, or that has most of what it has; and what that kind lacks. */
export function closestKind(model: Model): { kind: Kind; lacking: readonly Part[] } {
  const parts = partsOf(model)
  const candidates = kinds
    .filter(({ always }) => always.every((part) => parts.includes(part)))
    .map((kind) => ({ kind, lacking: parts.filter((part) => !knows(kind, part)) }))
  return candidates.reduce((best, other) => (other.lacking.length < best.lacking.length ? other : best))
}

/** What Hugging Face has no class for, in words. */
export function lackingPart(model: Model): string | undefined {
  const { lacking } = closestKind(model)
  const able = (part: Part) => kinds.filter((kind) => knows(kind, part))
  // What no kind has says more than what the closest one has not; of two parts that exclude each other, both count.
  const part = lacking.find((name) => able(name).length === 0) ?? lacking[0]
  if (part === undefined) return undefined
  const rival = able(part).length > 0 && partsOf(model).find((name) => !able(part).some((kind) => knows(kind, name)))
  return rival ? `${nameOf(part)} but ${nameOf(rival)}` : nameOf(part)
}
