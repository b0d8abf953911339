export { bundle, type ScriptModule, scriptModules } from './bundle.js'
export type { Measured } from './collect.js'
export { type ModelPageOptions, renderModelPage } from './model-page.js'
