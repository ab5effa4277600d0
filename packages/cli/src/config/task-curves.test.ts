import { div, mul, expandDims, gather, memory, sum, tanh, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  disposeParams,
  inference,
  key,
  subtree,
  type Batch,
  type BatchSource,
  type Encoder,
  type Features,
  type FeatureSpec,
  type Label,
  type Params,
} from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { loadFixture } from '@crossweave/core/testing';
import { coAttention } from '@crossweave/fusion';
import { createTask, headOfLoss, taskLoss } from '@crossweave/lab';
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
  /** Labels of the pairs that training does not have, and PyTorch's accuracy on them. */
  readonly tested: readonly Label[];
  readonly accuracy: number;
  readonly options: object;
  readonly fusion: object;
  readonly training: Readonly<Record<'batchSize' | 'steps' | 'warmup' | 'rate' | 'decay', number>>;
}

/** Those of one side of the fixture. */
function sequence(
  inputs: Readonly<Record<string, Tensor>>,
  name: string,
  rows?: readonly number[],
): Sequence {
  const of = (entry: string): Tensor =>
    rows === undefined ? inputs[entry]! : gather(inputs[entry]!, [...rows]);
  return { tokens: of(name) as Tensor3D, mask: of(`${name}.mask`) as Tensor2D };
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
        const side = (name: string): Sequence => sequence(inputs, name, rows);
        const ids = rows.map(String);
        yield await Promise.resolve({
          ...{ size: batchSize, ids, groups: ids, labels: rows.map((row) => labels[row]) },
          ...{ image: side('image'), text: side('text') },
        });
      }
    },
  };
}

/** Bounds of a share of n outcomes, 95 % (Wilson 1927). */
function wilson(share: number, n: number): [number, number] {
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half =
    (z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  return [middle - half, middle + half];
}

describe('tasks against PyTorch: loss curves, and accuracy at the end', () => {
  it.each(fixture.names)('%s', async (name) => {
    const before = memory().numTensors;
    const { options: given, params, inputs, outputs } = fixture.case(name);
    const { labels, options, fusion: sizes, training, tested, accuracy } = given as unknown as Case;
    const { batchSize, steps, warmup, rate, decay } = training;
    const [images, texts] = [inputs['image']!.shape, inputs['text']!.shape];
    const towers = {
      image: tower('image', { dim: images[2]!, tokens: images[1]! }),
      text: tower('text', { dim: texts[2]!, tokens: 'varies' }),
    };
    const task = createTask(name, { ...options }).fit(labels);
    const fusion = coAttention(sizes);
    const losses: number[] = [];
    const state = await train({
      model: jointModel({ ...towers, fusion }),
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
    const of = (part: string): Params => subtree(state.params, `${part}.`);
    const told = tidy(() => {
      const [image, text] = (['image', 'text'] as const).map((side) =>
        towers[side].apply(of(side), sequence(inputs, `tested.${side}`), inference),
      ) as [Features, Features];
      const { joint } = fusion.fuse(of('fusion'), image, text, inference);
      return task.apply(headOfLoss(of('loss'), task), joint, inference);
    });
    const { metrics } = task.measure((await told.data()) as Float32Array, tested);
    const own = metrics[name === 'multi-label' ? 'multi-label.exactMatch' : `${name}.accuracy`]!;
    const [low, high] = wilson(own, tested.length);
    expect(accuracy).toBeGreaterThan(low);
    expect(accuracy).toBeLessThan(high);
    // One curve, so hardly a pair is told otherwise.
    expect(Math.abs(accuracy - own) * tested.length).toBeLessThanOrEqual(1);
    told.dispose();
    disposeState(state);
    [params, { ...inputs }, { ...outputs }].forEach(disposeParams);
    expect(memory().numTensors).toBe(before);
  });
});
