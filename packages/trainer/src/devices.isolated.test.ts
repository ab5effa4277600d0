import '@crossweave/tfjs-backend-onnx/register';
import { registerXlaBackend } from '@crossweave/tfjs-backend-xla';
import { memory, ones, setBackend, slice, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, foldIn, key, normal } from '@crossweave/core';
import type { Batch, BatchSource, Features, Loss, PooledFeatures } from '@crossweave/core';
import { concatMlp, dualEncoder } from '@crossweave/fusion';
import { infoNCE, siglip } from '@crossweave/losses';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../tfjs-backend-xla/test/plugin';
import { cachedEncoder } from './cached-encoder';
import { checkBatchSize, splitBatch } from './devices';
import { jointModel } from './joint-model';
import type { TrainOptions } from './options';
import { adamW } from './optimizers/adamw';
import { disposeState } from './state';
import { train } from './train';

const reason = withoutPlugin();
const [B, N, D] = [8, 3, 8];

/** Pairs of token sequences that have to do with each other, other ones in each batch. */
const data: BatchSource<Batch<Features, Features>> = {
  batchSize: B,
  batchesPerEpoch: 50,
  async *batches(epoch, from = 0) {
    for (let i = from; i < 50; i++) {
      await Promise.resolve();
      const of = foldIn(foldIn(key(5), epoch), i);
      const features = (side: string): Features => {
        const pooled: Tensor2D = normal(foldIn(of, 'pair'), [B, D]);
        const tokens: Features['tokens'] = normal(foldIn(of, side), [B, N, D]);
        return { tokens, mask: ones([B, N]), pooled };
      };
      const ids = Array.from({ length: B }, (_, row) => `${i}.${row}`);
      yield { size: B, ids, groups: ids, image: features('image'), text: features('text') };
    }
  },
};

const towers = {
  image: cachedEncoder('image', { dim: D, tokens: N }),
  text: cachedEncoder('text', { dim: D, tokens: N }),
};
const embedding = jointModel({ ...towers, fusion: dualEncoder({ dim: D }) });
/** Scores every pair of a batch: image and text of a pair are on two devices. */
const mixing = jointModel({ ...towers, fusion: concatMlp({ hidden: [8], dropout: 0.1 }) });

type Options = TrainOptions<Features, Features, PooledFeatures>;

async function curve(model: Options['model'], loss: Loss<PooledFeatures>): Promise<number[]> {
  const losses: number[] = [];
  const state = await train<Features, Features, PooledFeatures>({
    ...{ model, loss, data, steps: 50, key: key(1), compile: 'always', balance: false },
    optimizer: adamW({ learningRate: 0.01 }),
    log: (record) => {
      if (record.kind === 'step') losses.push(record.loss);
    },
  });
  disposeState(state);
  return losses;
}

it('leaves batches alone on one device', async () => {
  await setBackend('onnx');
  expect(() => checkBatchSize(7)).not.toThrow();
  for await (const batch of data.batches(0, 49)) {
    expect(() => splitBatch('here', { ...batch, size: 7 })).not.toThrow();
  }
});

describe.skipIf(reason !== null)(named('training on four devices', reason), () => {
  let one = '';
  let four = '';
  beforeAll(() => {
    one = registerXlaBackend();
    four = registerXlaBackend({ devices: 4 });
  });
  afterEach(() => setBackend('onnx'));

  const cases: readonly (readonly [string, Options['model'], Loss<PooledFeatures>])[] = [
    ['InfoNCE', embedding, infoNCE()],
    ['SigLIP', embedding, siglip()],
    ['a fusion with dropout', mixing, infoNCE()],
  ];
  it.each(cases)('goes as on one, 50 steps: %s', async (_name, model, loss) => {
    await setBackend(one);
    const want = await curve(model, loss);
    await setBackend(four);
    const held = memory().numTensors;
    const got = await curve(model, loss);
    expect(memory().numTensors).toBe(held);
    expect(got).toHaveLength(50);
    expect(want.at(-1)).not.toBe(want[0]);
    got.forEach((value, i) => {
      expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(
        1e-5 * Math.max(1, Math.abs(want[i]!)),
      );
    });
  });

  it('refuses batches that do not divide', async () => {
    await setBackend(four);
    const uneven: typeof data = { ...data, batchSize: 6 };
    const options: Options = {
      ...{ model: embedding, loss: infoNCE(), data: uneven, steps: 1, key: key(1) },
      optimizer: adamW({ learningRate: 0.01 }),
    };
    await expect(train(options)).rejects.toThrow(
      'batches do not divide among the devices of the engine; expected a batch size that is a ' +
        'multiple of 4; got 6.',
    );
    await expect(train(options)).rejects.toThrow(ConfigError);
    const rest: typeof data = {
      ...data,
      async *batches() {
        for await (const batch of data.batches(0, 49)) {
          const part = ({ tokens, mask, pooled }: Features): Features => ({
            tokens: slice(tokens, 0, 6),
            mask: slice(mask, 0, 6),
            pooled: slice(pooled, 0, 6),
          });
          const ids = batch.ids.slice(0, 6);
          yield { size: 6, ids, groups: ids, image: part(batch.image), text: part(batch.text) };
        }
      },
    };
    await expect(train({ ...options, data: rest })).rejects.toThrow(DataError);
    await expect(train({ ...options, data: rest })).rejects.toThrow(
      /train, step 1: a batch does not divide .* expected a multiple of 4 pairs; got 6/,
    );
  });
});
