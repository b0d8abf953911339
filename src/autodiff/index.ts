export { gradients } from './gradients.js'
export { type Rule, type RuleContext, rules } from './rules.js'
