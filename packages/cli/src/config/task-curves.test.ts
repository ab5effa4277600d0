import { div, mul, expandDims, gather, memory, sum, tanh } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  key,
  type Batch,
  type BatchSource,
  type Encoder,
  type Features,
  type FeatureSpec,
  type Label,
} from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { loadFixture } from '@crossweave/core/testing';
import { coAttention } from '@crossweave/fusion';
import { createTask, taskLoss } from '@crossweave/lab';
import { adamW, disposeState, jointModel, train, warmupCosine } from '@crossweave/trainer';
import { describe, expect, it } from 'vitest';

const fixture = loadFixture(new URL('../../fixtures/task-curves.json', import.meta.url));

interface Sequence {
  readonly tokens: Tensor3D;
  readonly mask: Tensor2D;
}

/** tanh of a linear layer on each token; the summary is the mean of the real ones. */
function tower(name: string, { dim, tokens }: FeatureSpec): Encoder<Sequence> {
  return {
    name,
    features: { dim, tokens },
    init: (from) => initLinear(from, 'proj', { in: dim, out: dim }),
    apply(params, input): Features {
      const seen = tanh(linear(params, 'proj', input.tokens));
      const real = expandDims(input.mask, 2);
      const pooled = div<Tensor2D>(sum(mul(seen, real), 1), sum(real, 1));
      return { tokens: seen, mask: input.mask, pooled };
    },
  };
}

interface Case {
  readonly labels: readonly Label[];
  readonly options: object;
  readonly fusion: object;
  readonly training: Readonly<Record<'batchSize' | 'steps' | 'warmup' | 'rate' | 'decay', number>>;
}

/** The pairs of the fixture in their order, over and over. */
function pairsOf(
  inputs: Readonly<Record<string, Tensor>>,
  labels: readonly Label[],
  batchSize: number,
): BatchSource<Batch<Sequence, Sequence>> {
  const batchesPerEpoch = labels.length / batchSize;
  return {
    batchSize,
    batchesPerEpoch,
    async *batches(_epoch, from = 0) {
      for (let batch = from; batch < batchesPerEpoch; batch++) {
        const rows = Array.from({ length: batchSize }, (_, i) => batch * batchSize + i);
        const side = (name: string): Sequence => ({
          tokens: gather(inputs[name]!, rows) as Tensor3D,
          mask: gather(inputs[`${name}.mask`]!, rows) as Tensor2D,
        });
        const ids = rows.map(String);
        yield await Promise.resolve({
          ...{ size: batchSize, ids, groups: ids, labels: rows.map((row) => labels[row]) },
          ...{ image: side('image'), text: side('text') },
        });
      }
    },
  };
}

describe('loss curves of tasks against PyTorch', () => {
  it.each(fixture.names)('%s', async (name) => {
    const before = memory().numTensors;
    const { options: given, params, inputs, outputs } = fixture.case(name);
    const { labels, options, fusion: sizes, training } = given as unknown as Case;
    const { batchSize, steps, warmup, rate, decay } = training;
    const [images, texts] = [inputs['image']!.shape, inputs['text']!.shape];
    const towers = {
      image: tower('image', { dim: images[2]!, tokens: images[1]! }),
      text: tower('text', { dim: texts[2]!, tokens: 'varies' }),
    };
    const task = createTask(name, { ...options }).fit(labels);
    const losses: number[] = [];
    const state = await train({
      model: jointModel({ ...towers, fusion: coAttention(sizes) }),
      loss: taskLoss(task, { dim: params['loss.head.norm.weight']!.shape[0] }),
      optimizer: adamW({
        learningRate: { '': rate },
        weightDecay: decay,
        schedule: warmupCosine({ warmup, steps }),
      }),
      data: pairsOf(inputs, labels, batchSize),
      steps,
      key: key(0),
      initial: params,
      log: (record) => {
        if (record.kind === 'step') losses.push(record.loss);
      },
    });
    const expected = [...outputs['losses']!.dataSync()];
    expect(losses).toHaveLength(steps);
    losses.forEach((loss, step) => {
      const distance = Math.abs(loss - expected[step]!) / expected[step]!;
      expect(distance, `step ${step}: ${loss}, PyTorch ${expected[step]!}`).toBeLessThan(1e-4);
    });
    disposeState(state);
    [params, { ...inputs }, { ...outputs }].forEach(disposeParams);
    expect(memory().numTensors).toBe(before);
  });
});
