import type { Part, PartKind } from '../part.js'

/** Every part and all inside it, outer ones first. */
export function* everyPart(parts: readonly Part[]): Generator<Part> {
  for (const part of parts) {
    yield part
    yield* everyPart(part.parts)
  }
}

/** How many parts there are of each kind. */
export function countParts(stages: readonly Part[]): Record<PartKind, number> {
  const counts: Record<PartKind, number> = {
    preprocessing: 0,
    encoder: 0,
    postprocessing: 0,
    patchEmbedding: 0,
    classToken: 0,
    distillationToken: 0,
    registerTokens: 0,
    positionEmbedding: 0,
    encoderLayer: 0,
    pooling: 0,
    head: 0,
    attention: 0,
    scaledDotProduct: 0,
    mlp: 0,
    swiGlu: 0,
    residual: 0,
    layerScale: 0,
    layerNorm: 0,
    rmsNorm: 0,
    linear: 0,
    gelu: 0,
    silu: 0,
    activation: 0,
    softmax: 0,
    shapeArithmetic: 0,
    layout: 0,
    other: 0,
  }
  for (const { kind } of everyPart(stages)) counts[kind]++
  return counts
}
