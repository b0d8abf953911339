export { gradients } from './gradients.js'
export type { Rule, RuleContext } from './rule.js'
export { rules } from './rules.js'
