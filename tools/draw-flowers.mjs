// Writes a grid of the drawings that `vitrine demo` trains on, one row a kind.
// Usage: node tools/draw-flowers.mjs [output.png] [columns] [edge] (after `npm run build`)
import sharp from 'sharp'
import { drawFlower, flowerKinds } from '../dist/data/drawings.js'
import { renderSvg } from '../dist/image/encode.js'
import { Random } from '../dist/random.js'

const [output = 'flowers.png', columns = '8', edge = '96'] = process.argv.slice(2)
const size = Number(edge)
const gap = 4
const stride = size + gap

const tiles = []
for (const [row, kind] of flowerKinds.entries()) {
  for (let column = 0; column < Number(columns); column++) {
    const input = await renderSvg(drawFlower(kind, new Random('grid', kind, column), size), size)
    tiles.push({ input, left: column * stride, top: row * stride })
  }
}

const { size: bytes } = await sharp({
  create: {
    width: Number(columns) * stride - gap,
    height: flowerKinds.length * stride - gap,
    channels: 4,
    background: { r: 0, g: 0, b: 0, alpha: 0 },
  },
})
  .composite(tiles)
  // A palette keeps the picture small enough for a README.
  .png({ palette: true, colours: 256, dither: 0.5, effort: 10 })
  .toFile(output)
console.log(`${output}: ${Math.round(bytes / 1000)} KB`)
