import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Prints the first logits of an .onnx file, by onnxruntime-node and nothing else. */
const session = await InferenceSession.create(process.argv[2])
const pixels = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => Math.sin(0.01 * i))
const { logits } = await session.run({ pixel_values: new Tensor('float32', pixels, [1, 3, 224, 224]) })
console.log(JSON.stringify([...logits.data]))
