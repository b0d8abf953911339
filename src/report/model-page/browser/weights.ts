import type { WeightRow } from '../page-data.js'
import { element, svg } from './dom.js'
import { real, whole } from './format.js'
import type { ValueInfo } from './model.js'

/** A weight with its histogram and its statistics. */
export function weightCard(role: string, { name, dtype, shape, weight }: ValueInfo): HTMLElement {
  return element(
    'figure',
    { class: 'weight' },
    element(
      'figcaption',
      {},
      element('b', {}, role),
      ` ${dtype} ${shape}`,
      role === name ? undefined : element('code', {}, name),
    ),
    ...(weight ? [weight[0] === 1 ? element('p', {}, real(weight[4])) : histogram(weight), statistics(weight)] : []),
  )
}

const [width, height] = [320, 64]

function histogram([, , min, max, mean, std, bins]: WeightRow): SVGSVGElement {
  const step = width / bins.length
  const place = (value: number) => (max > min ? ((value - min) / (max - min)) * width : width / 2)
  const bars = bins.map(
    (bin, i) => `M${(i * step).toFixed(1)} ${height}v${(-bin * height) / 100}h${(step - 1).toFixed(1)}V${height}z`,
  )
  return svg(
    'svg',
    {
      class: 'histogram',
      viewBox: `0 -4 ${width} ${height + 22}`,
      role: 'img',
      'aria-label': `Histogram from ${real(min)} to ${real(max)}, mean ${real(mean)}, standard deviation ${real(std)}`,
    },
    svg('path', {
      class: 'spread',
      d: `M${place(Math.max(min, mean - std))} -4H${place(Math.min(max, mean + std))}V${height}H${place(Math.max(min, mean - std))}z`,
    }),
    svg('path', { class: 'bars', d: bars.join('') }),
    svg('path', { class: 'mean', d: `M${place(mean)} -4V${height}` }),
    svg('text', { x: 0, y: height + 13 }, real(min)),
    svg('text', { x: width, y: height + 13, 'text-anchor': 'end' }, real(max)),
  )
}

function statistics([count, seen, , , mean, std]: WeightRow): HTMLElement {
  const all = seen < count ? `${whole(seen)} of ${whole(count)} numbers, taken evenly` : `${whole(count)} numbers`
  return element('p', { class: 'numbers-seen' }, count === 1 ? '' : `mean ${real(mean)}, std ${real(std)}; ${all}`)
}
