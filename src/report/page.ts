import { minute } from './format.js'
import { type Html, html, raw } from './html.js'
import { style } from './style.js'

export interface PageData {
  title: string
  /** ISO 8601. */
  createdAt: string
  /** Below the title, such as the figures to see first. */
  head?: Html
  body: Html
  /** CSS of a library, which that of all pages may change. */
  extraStyle?: string
  /** CSS of the page's own, which may change that of all pages. */
  ownStyle?: string
}

/** One HTML file that loads nothing from anywhere: it can be mailed, archived and printed. */
export function renderPage({ title, createdAt, head, body, extraStyle = '', ownStyle = '' }: PageData): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Vitrine">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${raw(extraStyle)}${raw(style)}${raw(ownStyle)}</style>
</head>
<body>
<header>
<h1>${logo}${title}</h1>
<p>Made with Vitrine, <time datetime="${createdAt}">${minute(createdAt)}</time></p>
${head ?? ''}
</header>
<main>
${body}
</main>
<footer>This page loads nothing and can be mailed as it is.${extraStyle ? ' Charts by uPlot (MIT licence).' : ''}</footer>
</body>
</html>
`.text
}

/** A picture cut into patches, one of which the model attends to. */
const logo = raw(
  `<svg viewBox="0 0 16 16" aria-hidden="true">${[0, 1, 2]
    .flatMap((row) =>
      [0, 1, 2].map((column) => {
        const opacity = [
          [0.25, 0.45, 0.25],
          [0.45, 1, 0.7],
          [0.25, 0.7, 0.35],
        ][row]![column]!
        return `<rect x="${column * 5.5}" y="${row * 5.5}" width="5" height="5" rx="1" fill="currentColor" opacity="${opacity}"/>`
      }),
    )
    .join('')}</svg>`,
)
