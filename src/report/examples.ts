import type { Example } from './data.js'
import { percent } from './format.js'
import { type Html, html, raw } from './html.js'

/** Unseen pictures with the model's first answers; the wrong ones stand out by outline and by word. */
export function renderExamples(examples: readonly Example[]): Html {
  if (examples.length === 0) return html``
  return html`<section aria-labelledby="examples">
<h2 id="examples">Unseen pictures</h2>
<p>None of these was trained on. The bars are the model’s probabilities.</p>
<div class="examples">${examples.map(card)}</div></section>`
}

function card({ image, file, label, predictions }: Example): Html {
  const answer = predictions[0]?.label
  const right = answer === label
  const bars = predictions.map(({ label: guess, score }, i) => {
    const kind = guess === label ? 'truth' : i === 0 ? 'mistake' : 'other'
    const width = (Math.min(1, Math.max(0, score)) * 100).toFixed(1)
    return html`<li><span class="guess" title="${guess}">${guess}</span><span class="score">${percent(score)}</span>
<span class="bar ${kind}"><i style="width:${raw(width)}%"></i></span></li>`
  })
  return html`<figure class="example${right ? '' : ' mistaken'}">
<img src="${image}" alt="${label}: ${file}" loading="lazy">
<figcaption><strong title="${label}">${label}</strong>
<span class="verdict">${right ? html`✓<span class="unseen"> right</span>` : '✗ wrong'}</span>
<ol>${bars}</ol><span class="file" title="${file}">${file}</span></figcaption></figure>`
}
