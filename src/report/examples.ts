import type { Example } from './data.js'
import { percent } from './format.js'
import { type Html, html, raw } from './html.js'

/** The wrong answers that the model was surest of. */
export function renderMistakes(mistakes: readonly Example[]): Html {
  if (mistakes.length === 0) return html``
  return html`<section aria-labelledby="mistakes">
<h2 id="mistakes">Worst mistakes</h2>
<p>The wrong answers that the model is surest of. Look at them first: a picture may bear the wrong label, show two things, or show what the training pictures lack.</p>
<div class="examples">${mistakes.map(card)}</div></section>`
}

/** Unseen pictures with the model's first answers; the wrong ones stand out by outline and by word. */
export function renderExamples(examples: readonly Example[]): Html {
  if (examples.length === 0) return html``
  return html`<section aria-labelledby="examples">
<h2 id="examples">Unseen pictures</h2>
<p>Drawn by chance from those that were not trained on. The bars are the model’s probabilities.</p>
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
<figcaption><strong title="${label}"><span class="unseen">true class: </span>${label}</strong>
<span class="verdict">${right ? html`✓<span class="unseen"> right</span>` : '✗ wrong'}</span>
<ol>${bars}</ol><span class="file" title="${file}">${file}</span></figcaption></figure>`
}
