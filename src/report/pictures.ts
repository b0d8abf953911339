import type { ClassSize } from './data.js'
import { percent } from './format.js'
import { type Html, html, raw } from './html.js'

/** With more classes than this only the largest and the smallest are listed. */
const longestList = 60
const listedEnds = 20

/** A largest class of more than so many times the smallest is worth a warning. */
const strongImbalance = 10

/** How many pictures there are of each class, and how unequal that is. */
export function renderPictures(classes: readonly ClassSize[]): Html {
  const sorted = [...classes].sort((a, b) => sizeOf(b) - sizeOf(a))
  const [largest, smallest] = [sorted[0], sorted.at(-1)]
  if (!largest || !smallest || sizeOf(largest) === 0) return html``
  const rows = sorted.map((entry) => row(entry, sizeOf(largest)))
  const left = rows.length - 2 * listedEnds
  const shown =
    rows.length <= longestList
      ? rows
      : [
          ...rows.slice(0, listedEnds),
          html`<tr><td colspan="4" class="text">… ${left} classes in between …</td></tr>`,
          ...rows.slice(-listedEnds),
        ]
  return html`<section aria-labelledby="pictures">
<h2 id="pictures">Pictures</h2>
${balance(largest, smallest)}
<div class="scroll" tabindex="0" role="region" aria-label="Pictures by class"><table class="numbers sizes">
<thead><tr><th scope="col">Class</th><th scope="col">To learn from</th><th scope="col">To judge by</th><th scope="col" class="text">Of all</th></tr></thead>
<tbody>${shown}</tbody></table></div></section>`
}

function balance(largest: ClassSize, smallest: ClassSize): Html {
  const names = `“${largest.label}” has ${sizeOf(largest)} pictures and “${smallest.label}” has ${sizeOf(smallest)}`
  const ratio = sizeOf(largest) / sizeOf(smallest)
  if (ratio <= strongImbalance) return html`<p>${names}: ${ratio.toFixed(1)} to 1.</p>`
  return html`<p class="warnings">Strong imbalance: ${names}${Number.isFinite(ratio) ? `, ${ratio.toFixed(0)} to 1` : ''}.
The accuracy says little of the small classes: look at their recall and at the macro average, and collect more pictures of them or weight the classes.</p>`
}

function row({ label, train, validation }: ClassSize, largest: number): Html {
  const width = (count: number) => raw(((100 * count) / largest).toFixed(2))
  return html`<tr><th scope="row">${label}</th><td>${train}</td><td>${validation}</td><td class="text">
<span class="bar" title="${percent((train + validation) / largest)} of the largest class"><i style="width:${width(train)}%"></i><i class="judged" style="width:${width(validation)}%"></i></span></td></tr>`
}

const sizeOf = ({ train, validation }: ClassSize) => train + validation
