import { memory } from '@tensorflow/tfjs-core';
import { ConfigError, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import type { TrainOptions } from './options';
import type { TrainRecord } from './records';
import { disposeState } from './state';
import { listenersOf } from './listeners';
import {
  contrastive,
  dotFusion,
  linearEncoder,
  vectorSource,
  type VectorBatch,
} from './tiny.testing';
import { train } from './train';

const record: TrainRecord = { kind: 'evaluation', step: 1, metrics: {} };
type Options = TrainOptions<VectorBatch['image'], VectorBatch['text']>;
const options = (extra: Partial<Options> = {}): Options => ({
  model: jointModel({
    image: linearEncoder('image', 3),
    text: linearEncoder('text', 3),
    fusion: dotFusion,
  }),
  ...{ loss: contrastive, optimizer: adamW(), data: vectorSource(8), steps: 3, key: key(1) },
  ...extra,
});

it('tells all of them, in their order, and waits for those that take a while', async () => {
  const heard: string[] = [];
  const late = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    heard.push('late');
  };
  const listeners = listenersOf({ log: late, loggers: [{ log: () => heard.push('at once') }] });
  listeners.tell(record);
  expect(heard).toEqual(['at once']);
  await listeners.settled();
  expect(heard).toEqual(['at once', 'late']);
});

describe('an async log that fails', () => {
  const failing = (): Promise<void> => Promise.reject(new Error('the disk is full'));

  it('is told before the next record, and at the end', async () => {
    const listeners = listenersOf({ log: failing });
    listeners.tell(record);
    await expect(listeners.settled()).rejects.toThrow('the disk is full');
    expect(() => listeners.tell(record)).toThrow('the disk is full');
  });

  it('ends training with its error, and what was trained is saved', async () => {
    const before = memory().numTensors;
    const saved: number[] = [];
    const checkpoint = ({ step }: { step: number }): Promise<void> => {
      saved.push(step);
      return Promise.resolve();
    };
    await expect(train(options({ log: failing, checkpoint }))).rejects.toThrow('the disk is full');
    await expect(train(options({ loggers: [{ log: failing }], steps: 1 }))).rejects.toThrow('full');
    expect(saved).toHaveLength(1);
    expect(memory().numTensors).toBe(before);
  });
});

it.each([[undefined], [3], [{ recall: '0.5' }], [[0.5]]])(
  'refuses an evaluation that gives %j',
  async (result) => {
    const before = memory().numTensors;
    const evaluate = () => Promise.resolve(result as never);
    const run = train(options({ evaluate }));
    await expect(run).rejects.toThrow(ConfigError);
    await expect(run).rejects.toThrow(/result of evaluate.*a number/);
    expect(memory().numTensors).toBe(before);
  },
);

it('lets an evaluation say that there is no figure', async () => {
  disposeState(await train(options({ evaluate: () => Promise.resolve({ recall: Number.NaN }) })));
});
