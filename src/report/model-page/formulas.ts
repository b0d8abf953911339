import type { Part } from '../../inspect/part.js'
import { mathml } from './mathml.js'

const { raw: tex } = String

/**
 * The formulas of parts, line by line, in the notation of `mathml.ts`. What an operator or an inner part computes is a term
 * of it; `terms.ts` says which one that is.
 */
const formulas = {
  layerNorm: [
    tex`μ = \mean{E[x]}`,
    tex`σ^2 = \variance{E[\square{(\centre{x − μ})^2}]}`,
    tex`y = \divide{\frac{\centre{x − μ}}{\root{\sqrt{σ^2 \epsilon{+ ε}}}}} \weight{· γ} \bias{+ β}`,
  ],
  rmsNorm: [tex`y = \divide{\frac{x}{\root{\sqrt{\variance{E[\square{x^2}]} \epsilon{+ ε}}}}} \weight{· γ}`],
  'gelu none': [tex`y = \half{\frac{1}{2}} \product{· x ·} (\plusOne{1 +} \erf{erf(\scaled{\frac{x}{\sqrt{2}}})})`],
  'gelu tanh': [
    tex`y = \half{\frac{1}{2}} \product{· x ·} (\plusOne{1 +} \tanh{tanh(u)})`,
    tex`u = \scaled{\sqrt{\frac{2}{π}} ·} (\cubic{x +} \cubicFactor{0.044715 ·} \cube{x^3})`,
  ],
  'gelu quick': [tex`y = \product{x ·} \sigmoid{σ(\scaled{1.702 · x})}`],
  silu: [tex`y = \product{x ·} \sigmoid{σ(x)}`],
  softmax: [tex`y_i = \frac{e^{x_i}}{∑_j e^{x_j}}`],
  scaledDotProduct: [tex`Y = \softmax{softmax(\scale{\frac{\scores{Q \transpose{K^⊤}}}{\sqrt{d}}})} \values{· V}`],
  'scaledDotProduct masked': [
    tex`Y = \softmax{softmax(\scale{\frac{\scores{Q \transpose{K^⊤}}}{\sqrt{d}}} \mask{+ M})} \values{· V}`,
  ],
  linear: [tex`y = \product{x · W} \bias{+ b}`],
  'linear without bias': [tex`y = \product{x · W}`],
  'attention fused': [
    tex`[Q, K, V] = \qkv{x · W_{qkv} + b_{qkv}}`,
    tex`Y = \dot{softmax(\frac{Q K^⊤}{\sqrt{d}}) · V} \proj{· W_o + b_o}`,
  ],
  attention: [
    tex`Q = \q{x · W_q + b_q}`,
    tex`K = \k{x · W_k + b_k}`,
    tex`V = \v{x · W_v + b_v}`,
    tex`Y = \dot{softmax(\frac{Q K^⊤}{\sqrt{d}}) · V} \proj{· W_o + b_o}`,
  ],
  mlp: [tex`y = \activation{f(\fc1{x · W_1 + b_1})} \fc2{· W_2 + b_2}`],
  'block pre': [
    tex`x′ = \sum1{x +} \attention{Attention(\norm1{LN(x)})}`,
    tex`y = \sum2{x′ +} \mlp{MLP(\norm2{LN(x′)})}`,
  ],
  'block post': [
    tex`x′ = \norm1{LN(\sum1{x +} \attention{Attention(x)})}`,
    tex`y = \norm2{LN(\sum2{x′ +} \mlp{MLP(x′)})}`,
  ],
  residual: [tex`y = \sum{x + f(x)}`],
  layerScale: [tex`y = λ · x`],
  positionEmbedding: [tex`z_0 = z + E_{pos}`],
  classToken: [tex`z = [x_{class}; x_1; …; x_N]`],
  patchEmbedding: [tex`x_i = W · patch_i + b`],
} as const satisfies Record<string, readonly string[]>

export type FormulaName = keyof typeof formulas

/** All formulas in MathML, by name. */
export const formulasInMathml: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(formulas).map(([name, lines]) => [name, lines.map(mathml).join('')]),
)

/** The formula of what a part computes; none of most containers, and of what is not known. */
export function formulaOf(part: Part): FormulaName | undefined {
  const { kind, details, weights } = part
  switch (kind) {
    case 'gelu': {
      const name = `gelu ${details.approximate}`
      return name in formulas ? (name as FormulaName) : undefined
    }
    case 'scaledDotProduct':
      return part.inputs.length > 3 || weights.mask ? 'scaledDotProduct masked' : kind
    case 'linear':
      return weights.bias ? kind : 'linear without bias'
    case 'attention':
      return details.qkv === 'one product' ? 'attention fused' : kind
    case 'encoderLayer':
      return details.norm === 'post' ? 'block post' : 'block pre'
    default:
      return kind in formulas ? (kind as FormulaName) : undefined
  }
}
