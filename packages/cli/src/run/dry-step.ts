import { dispose, ones, tidy, zeros } from '@tensorflow/tfjs-core';
import {
  disposeBatch,
  isBuffer,
  key,
  noDraws,
  partition,
  type Batch,
  type BatchSource,
  type Features,
  type FeatureSpec,
  type Label,
} from '@crossweave/core';
import { disposeState, initialParams, trainStep, type StepOptions } from '@crossweave/trainer';

/**
 * One training step on the first batch of `source`, whose result nobody reads: a loss that asks the
 * fusion for what it lacks, or parts whose shapes do not meet, are found before anything is decoded
 * or written. An engine that computes when it is read computes nothing here.
 *
 * @throws what the parts throw.
 */
export async function dryStep<Image, Text>(
  options: StepOptions<Image, Text>,
  source: BatchSource<Batch<Image, Text>>,
): Promise<void> {
  for await (const batch of source.batches(0)) {
    try {
      traceStep(options, batch);
    } finally {
      disposeBatch(batch);
    }
    return;
  }
}

/** The same on features of zeros, for a fusion that is trained on those of towers. */
export function dryStepOnFeatures(
  options: StepOptions<Features, Features>,
  specs: { readonly image: FeatureSpec; readonly text: FeatureSpec; readonly textTokens: number },
  {
    batchSize,
    negatives,
    labels,
  }: {
    readonly batchSize: number;
    readonly negatives: number;
    /** Of the training split; none where it has none. */
    readonly labels: readonly Label[];
  },
): void {
  const ids = Array.from({ length: batchSize }, (_, row) => String(row));
  const features = ({ dim, tokens }: FeatureSpec, rows: number): Features => {
    const length = tokens === 'varies' ? specs.textTokens : tokens;
    return {
      pooled: zeros([rows, dim]),
      tokens: zeros([rows, length, dim]),
      mask: ones([rows, length]),
    };
  };
  const batch = {
    size: batchSize,
    ids,
    groups: ids,
    captions: ids,
    ...(labels.length > 0 && { labels: ids.map((_, row) => labels[row % labels.length]) }),
    image: features(specs.image, batchSize),
    text: features(specs.text, batchSize),
    ...(negatives > 0 && { negatives: features(specs.text, batchSize * negatives) }),
  };
  try {
    traceStep(options, batch);
  } finally {
    disposeBatch(batch);
  }
}

function traceStep<Image, Text>(
  options: StepOptions<Image, Text>,
  batch: Batch<Image, Text>,
): void {
  tidy(() => {
    const { frozen = () => false, optimizer } = options;
    const params = initialParams(options, noDraws);
    const [trainable] = partition(params, (path) => !isBuffer(path) && !frozen(path));
    const state = { step: 0, params, optimizer: optimizer.init(trainable) };
    const outcome = trainStep(options, state, batch, key(0));
    disposeState(outcome.state);
    dispose([outcome.total, outcome.gradientNorm, ...Object.values(outcome.terms)]);
  });
}
