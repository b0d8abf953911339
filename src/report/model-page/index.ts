export { bundle, type ScriptModule, scriptModules } from './bundle.js'
export type { Findings, Measured } from './collect.js'
export { type ModelPageOptions, renderModelPage } from './model-page.js'
