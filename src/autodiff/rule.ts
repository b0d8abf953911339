import type { Node, Value } from '../onnx/node.js'

/** What a rule sees of the node it differentiates: y = op(inputs), and dy, the gradient that arrived at y. */
export interface RuleContext {
  node: Node
  inputs: readonly Value[]
  y: Value
  dy: Value
  /** The gradients of all outputs, for operators with several. */
  dys: readonly (Value | undefined)[]
}

/** For each input, how to emit its gradient; called only where it is wanted. */
export type Rule = (context: RuleContext) => readonly ((() => Value) | undefined)[]
