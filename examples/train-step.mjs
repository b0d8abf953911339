// Trains an exported step with nothing but ONNX Runtime: node train-step.mjs FOLDER (npm install onnxruntime-node)
import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const folder = process.argv[2]
const { graphs } = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'))
const sessions = {}
for (const name in graphs) sessions[name] = await InferenceSession.create(`${folder}/${graphs[name].file}`)
const pixels = graphs['training-step'].inputs.find(({ name }) => name === 'pixel_values').shape
const [batch, ...picture] = pixels

/** Runs a graph; its outputs come by the names of the inputs that they feed. */
async function run(name, values) {
  const feeds = Object.fromEntries(graphs[name].inputs.map((port) => [port.name, values[port.name]]))
  const results = await sessions[name].run(feeds)
  return Object.fromEntries(graphs[name].outputs.map((port) => [port.feeds ?? port.name, results[port.name]]))
}

/** Stand-ins for your own: noise, brighter the higher the number of the class, of which there are two. */
function pictures() {
  const labels = Array.from({ length: batch }, () => Math.floor(Math.random() * 2))
  const size = picture.reduce((a, b) => a * b)
  const brighter = (i) => 3 * Math.random() - 1.5 + labels[Math.floor(i / size)]
  const noise = Float32Array.from({ length: batch * size }, (_, i) => brighter(i))
  return { pixel_values: new Tensor(noise, pixels), labels: new Tensor('int64', labels.map(BigInt), [batch]) }
}

const scalar = (value) => new Tensor('float32', [value], [])
let state = await run('initial-state', {})
for (let step = 1; step <= 30; step++) {
  const settings = { learning_rate: scalar(1e-3), step: scalar(step), seed: new Tensor('int64', [BigInt(step)], []) }
  state = await run('training-step', { ...state, ...pictures(), ...settings })
  if (step % 10 === 0)
    console.log(`step ${step}: loss ${state.loss.data[0].toFixed(4)}, ${state.correct.data[0]} of ${batch} right`)
}
const fresh = pictures()
const { logits } = await run('predict', { ...state, ...fresh })
const answers = Array.from({ length: batch }, (_, i) => Number(logits.data[2 * i + 1] > logits.data[2 * i]))
const right = answers.filter((answer, i) => answer === Number(fresh.labels.data[i])).length
console.log(`new pictures: ${right} of ${batch} right`)
