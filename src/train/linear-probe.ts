import type { Sample } from '../data/index.js'
import { UserError } from '../errors.js'
import type { Model } from '../pipeline/index.js'
import { type Evaluation, EvaluationCounter, type SampleResult, softmax } from '../pipeline/index.js'
import { cachedFeatures, computeFeatures, type FeatureOptions, type Features, rowsOf } from './features.js'
import { type ClassifierOptions, fitClassifier, type LinearClassifier, logitsOf } from './linear-classifier.js'

export interface LinearProbeOptions extends FeatureOptions {
  model: Model
  train: readonly Sample[]
  validation: readonly Sample[]
  /** Where features are kept from run to run, and a text that names all that decides about them. */
  cache?: { path: string; key: string }
  classifier?: ClassifierOptions
}

/** What a linear probe gives, besides the model, whose head has learned. */
export interface LinearProbeResult {
  /** On the training pictures, without augmentation. */
  training: Evaluation
  evaluation: Evaluation
  /** The answers on the validation pictures. */
  results: SampleResult[]
}

/**
 * Learns a new head on a model whose other parameters stay as they are: every picture goes through the model once, and the
 * head learns from what comes out. Pictures are not augmented.
 * @throws UserError where the model's head is no single Linear, or a picture cannot be read
 */
export async function linearProbe(options: LinearProbeOptions): Promise<LinearProbeResult> {
  const { files, runtime, model, train, validation, cache, classifier } = options
  requireLinearHead(model)
  const compute = () => computeFeatures([...train, ...validation], options)
  const features = await (cache ? cachedFeatures(files, cache.path, cache.key, compute) : compute())
  const seen = rowsOf(features, 0, train.length)
  const labels = train.map(({ label }) => label)
  const head = await fitClassifier(runtime, seen, labels, model.labels.length, classifier)
  setHead(model, head)
  const unseen = rowsOf(features, train.length, features.count)
  const { evaluation: training } = judge(head, seen, train, model.labels)
  return { training, ...judge(head, unseen, validation, model.labels) }
}

function judge(
  head: LinearClassifier,
  features: Features,
  samples: readonly Sample[],
  labels: readonly string[],
): Omit<LinearProbeResult, 'training'> {
  const counter = new EvaluationCounter(labels)
  const results = Array.from(logitsOf(features, head), (logits, i) => ({
    sample: samples[i]!,
    probabilities: softmax(logits),
  }))
  for (const { sample, probabilities } of results) counter.add(probabilities, sample.label)
  return { evaluation: counter.result(), results }
}

function requireLinearHead({ vit }: Model): void {
  if (vit.config.head !== 'linear' || vit.config.numClasses === 0)
    throw new UserError('a linear probe needs a model whose head is one Linear: choose another --model or recipe')
}

/** A distillation token's head gets the same values: the mean of both answers is that of the mean of both features. */
function setHead({ vit }: Model, { weight, bias }: LinearClassifier): void {
  const names = vit.config.distillation ? ['head', 'head_dist'] : ['head']
  for (const name of names) {
    vit.parameters.get(`${name}.weight`)!.data = weight
    vit.parameters.get(`${name}.bias`)!.data = bias
  }
}
