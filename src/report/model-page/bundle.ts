/** A module of the page's script, compiled: its file's name without ending, and its text. */
export interface ScriptModule {
  name: string
  text: string
}

/** The page's script, `browser/*.js` beside this file, each after those that it imports. */
export const scriptModules = [
  'dom',
  'format',
  'model',
  'weights',
  'inspector',
  'drawing',
  'house',
  'explorer',
  'search',
  'timeline',
  'main',
] as const

/**
 * Modules as one script that needs no loading: each becomes a function that gives its exports. That suffices for what is
 * written in `browser/`: named imports from files beside, and exports where something is declared.
 */
export function bundle(modules: readonly ScriptModule[]): string {
  const scopes = modules.map(({ name, text }) => {
    const exported = [...text.matchAll(/^export (?:function|const|class) (\w+)/gm)].map((match) => match[1])
    const body = text
      .replace(/^import \{([^}]*)\} from '\.\/(\w+)\.js';$/gm, 'const {$1} = module_$2;')
      .replace(/^export (?=function|const|class)/gm, '')
      .replace(/^export \{\};$/gm, '')
    return `const module_${name} = (() => {\n${body}return { ${exported.join(', ')} };\n})();`
  })
  return `'use strict';\n(() => {\n${scopes.join('\n')}\nmodule_main.start();\n})();\n`.replaceAll('</', '<\\/')
}
