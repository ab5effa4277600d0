import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cast,
  logSoftmax,
  matMul,
  mean,
  mul,
  neg,
  ones,
  expandDims,
  sum,
  tensor2d,
  eye,
  type Scalar,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import {
  key,
  normalArray,
  parameter,
  type Encoder,
  type Features,
  type Fusion,
  type Loss,
  type TextInput,
} from '@crossweave/core';
import {
  imagenetPreprocessing,
  makeVocabulary,
  streamBatches,
  streamPairs,
  vocabularyTokenizer,
  writeDataset,
} from '@crossweave/data';
import { adamW, disposeState, jointModel, train, type TrainResult } from '@crossweave/trainer';
import { openRun } from '@crossweave/trainer/node';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** A weight [inputs, 2] over one number list a row. */
function linear<Input>(
  name: string,
  inputs: number,
  numbers: (input: Input) => Tensor2D,
): Encoder<Input> {
  return {
    name,
    features: { dim: 2, tokens: 1 },
    init: (from) => ({ weight: tensor2d(normalArray(from, inputs * 2), [inputs, 2]) }),
    apply(params, input): Features {
      const pooled = matMul<Tensor2D>(numbers(input), parameter(params, 'weight'));
      const tokens = expandDims<Tensor3D>(pooled, 1);
      return { tokens, mask: ones([pooled.shape[0], 1]), pooled };
    },
  };
}

const scores = (image: Features, text: Features): Tensor2D =>
  matMul(image.pooled, text.pooled, false, true);

const dot: Fusion = {
  ...{ name: 'dot', family: 'late', scoring: 'separable', reads: 'pooled' },
  init: () => ({}),
  fuse: (_params, image, text) => ({
    joint: image.pooled,
    match: sum(mul(image.pooled, text.pooled), 1),
  }),
  score: (_params, image, text) => scores(image, text),
};

const loss: Loss = {
  name: 'one of the batch',
  compute(_params, outputs, batch) {
    const table = logSoftmax(outputs.score(outputs.image, outputs.text));
    const total = neg(mean<Scalar>(sum(mul(table, eye(batch.size)), 1)));
    return { total, terms: {} };
  },
};

let folder: string;

/** A GIF of one pixel. */
function pixel(red: number, green: number, blue: number): Buffer {
  const file = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');
  // The first colour of its table.
  file.set([red, green, blue], 13);
  return file;
}

/** Two shards of seven samples, of which one is damaged. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-streamed-'));
  const samples = Array.from({ length: 14 }, (_, i) => ({
    id: `${i}`,
    image: pixel(17 * i, 255 - 11 * i, (i * 91) % 256).subarray(0, i === 5 ? 20 : undefined),
    caption: i % 2 === 0 ? 'a red' : `a blue ${'red '.repeat(i)}`,
  }));
  await writeDataset(samples, { out: join(folder, 'data'), as: 'webdataset', shardSize: 7 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Trains to step 9 in a folder, with the ids of each batch; ends after step `stop`, as a killed run. */
async function run(
  name: string,
  seen: string[][],
  stop = Number.POSITIVE_INFINITY,
): Promise<TrainResult> {
  const stream = await streamPairs({
    source: join(folder, 'data/train-{000000..000001}.tar'),
    tokenizer: vocabularyTokenizer(makeVocabulary(['a red blue'])),
    preprocessing: { ...imagenetPreprocessing, size: 4, resizeTo: 4 },
    ...{ batchSize: 3, key: key(2), shuffle: 4, maxTokens: 8, workers: 0, maxRejects: 0.5 },
  });
  const source = streamBatches(stream, { batchesPerEpoch: 2 });
  const abort = new AbortController();
  await using opened = await openRun(join(folder, name));
  const start = await opened.resume();
  const result = await train({
    model: jointModel({
      image: linear<Tensor4D>('colour', 3, (input) => mean(input, [1, 2])),
      text: linear<TextInput>('length', 1, ({ attention_mask }) =>
        mean(cast(attention_mask, 'float32'), 1, true),
      ),
      fusion: dot,
    }),
    loss,
    optimizer: adamW({ learningRate: 0.1 }),
    data: {
      ...source,
      async *batches(epoch, from, after) {
        for await (const batch of source.batches(epoch, from, after)) {
          seen.push([...batch.ids]);
          yield batch;
        }
      },
    },
    steps: 9,
    key: key(4),
    signal: abort.signal,
    ...(start && { start }),
    checkpoint: opened.checkpoint,
    log: ({ step }) => {
      if (step === stop) abort.abort();
    },
  });
  if (start !== undefined) disposeState(start);
  return result;
}

const bits = ({ params }: TrainResult): Record<string, number[]> =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, [...value.dataSync()]]));

it('a run over shards that was stopped ends with the samples and bits of one that was not', async () => {
  const seen: string[][] = [];
  const whole = await run('whole', seen);
  expect(seen).toHaveLength(9);
  for (const stop of [1, 4, 5]) {
    const parts: string[][] = [];
    const stopped = await run(`parts-${stop}`, parts, stop);
    expect(stopped).toMatchObject({ step: stop, interrupted: true });
    disposeState(stopped);
    const resumed = await run(`parts-${stop}`, parts);
    expect(parts).toEqual(seen);
    expect(bits(resumed)).toEqual(bits(whole));
    disposeState(resumed);
  }
  disposeState(whole);
});
