import type { Node, TensorType } from './node.js'

/**
 * Checks a node's arguments and tells the types of its outputs, optional ones included; `outputCount` is how many are
 * asked for. Nothing is returned, or
 * nothing for one of them, where they depend on what is only computed at run time.
 * @throws where the arguments do not fit
 */
export type Schema = (node: Node, outputCount: number) => TensorType | readonly (TensorType | undefined)[] | undefined
