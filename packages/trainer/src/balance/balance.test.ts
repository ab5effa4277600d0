import {
  memory,
  profile,
  scalar,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, key, type Params } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { sgd } from '../optimizers/sgd';
import type { TrainOptions } from '../options';
import type { StepRecord } from '../records';
import { disposeState, type TrainState } from '../state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { applyGradients } from '../step';
import { train } from '../train';
import { normalizeBranches } from './normalize-branches';
import { ogmGE } from './ogm-ge';

const runner = { describe, it };
testOptions('normalizeBranches', normalizeBranches, runner);
const scores = { image: 'a', text: 'b' };
testOptions('ogmGE', ogmGE, runner, { required: { scores } });

type Options = TrainOptions<Tensor2D, Tensor2D>;
function options(extra: Partial<Options> = {}): Options {
  return {
    model: jointModel({
      image: linearEncoder('linear', 3),
      text: linearEncoder('linear', 3),
      fusion: dotFusion,
    }),
    ...{ loss: contrastive, optimizer: adamW({ learningRate: 0.05 }), data: vectorSource(10) },
    ...{ steps: 3, key: key(1), ...extra },
  };
}

const norm = (list: Iterable<number>): number => Math.hypot(...list);

describe('figures of branches', () => {
  it('are those of the parameters before and after a step', async () => {
    const before = memory().numTensors;
    const states: Record<string, readonly number[]>[] = [];
    const seen: StepRecord[] = [];
    const checkpoint = ({ params }: TrainState): Promise<void> => {
      const each = ([path, x]: [string, Params[string]]) => [path, [...x.dataSync()]] as const;
      states.push(Object.fromEntries(Object.entries(params).map(each)));
      return Promise.resolve();
    };
    const state = await train(
      options({
        ...{ checkpoint, checkpointEvery: 1, optimizer: sgd({ learningRate: 0.1 }) },
        log: (record) => record.kind === 'step' && seen.push(record),
      }),
    );
    expect(Object.keys(seen[0]!.branches!)).toEqual(['image', 'text', 'fusion', 'loss']);
    for (const [i, { branches, gradientNorm }] of seen.slice(1).entries()) {
      const [old, now] = [states[i]!['image.weight']!, states[i + 1]!['image.weight']!];
      const change = now.map((value, j) => value - old[j]!);
      const { image } = branches!;
      expect(image!.updateRatio).toBeCloseTo(norm(change) / norm(old), 5);
      // Plain descent moves by the rate times the gradient, all of it downhill.
      expect(image!.effectiveRate).toBeCloseTo(0.1, 5);
      expect(image!.gradientNorm).toBeCloseTo(norm(change) / 0.1, 4);
      const all = Object.values(branches!);
      expect(norm(all.map((each) => each.gradientNorm))).toBeCloseTo(gradientNorm, 4);
      expect(all.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 5);
      expect(image!.share).toBeCloseTo((image!.gradientNorm / gradientNorm) ** 2, 4);
    }
    disposeState(state);
    expect(memory().numTensors).toBe(before);
  });

  it('take seven operations a parameter, and none where one branch is trained', async () => {
    const kernels = async (count: number, branch: string, balance?: false): Promise<number> => {
      const of = (name: string): Params =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}.${i}`, scalar(1)]));
      const params = { ...of(branch), ...of('text') };
      const run = { ...options(), ...(balance === false && { balance }) };
      const state = { step: 0, params, optimizer: run.optimizer.init(params) };
      const { kernels: all } = await profile(() => {
        applyGradients(run, state, { gradients: params, recorded: {}, terms: {} });
      });
      return all.length;
    };
    const each = async (balance?: false): Promise<number> =>
      ((await kernels(4, 'image', balance)) - (await kernels(2, 'image', balance))) / 4;
    expect((await each()) - (await each(false))).toBe(7);
    expect(await kernels(2, 'text')).toBe(await kernels(2, 'text', false));
  });

  it('change no bit of a run, and can be left out', async () => {
    const [with_, without] = [await train(options()), await train(options({ balance: false }))];
    expect(without.params['image.weight']!.dataSync()).toEqual(
      with_.params['image.weight']!.dataSync(),
    );
    [with_, without].forEach(disposeState);
    await expect(train(options({ balance: { window: 0 } }))).rejects.toThrow(ConfigError);
  });
});

describe('normalizeBranches', () => {
  it('gives each branch the same length, and zero stays zero', () => {
    tidy(() => {
      const gradients: Params = {
        'image.a': tensor1d([3, 0]),
        'image.b': scalar(4),
        'text.a': tensor1d([1e-3, 0]),
        'fusion.a': tensor1d([0, 0]),
      };
      const found = normalizeBranches({ length: 2 })(gradients, {}, 0);
      const lengths = { 'image.a': 1.2, 'image.b': 1.6, 'text.a': 2, 'fusion.a': 0 };
      for (const [path, length] of Object.entries(lengths)) {
        expect(norm(found[path]!.dataSync()), path).toBeCloseTo(length, 5);
      }
    });
  });

  it('is what the optimizer gets', async () => {
    const run = options({ optimizer: sgd({ learningRate: 0.1 }), steps: 1 });
    const seen: StepRecord[] = [];
    const log: Options['log'] = (record) => record.kind === 'step' && seen.push(record);
    disposeState(await train({ ...run, modulate: normalizeBranches(), log }));
    const { image, text } = seen[0]!.branches!;
    for (const each of [image!, text!]) {
      expect(each.effectiveRate * each.gradientNorm).toBeCloseTo(0.1, 5);
    }
  });
});

describe('ogmGE', () => {
  const gradients = (): Params => ({
    'image.w': tensor2d([[1, 2]]),
    'text.w': tensor2d([[1, 2]]),
    'fusion.w': tensor2d([[1, 2]]),
  });

  it('slows the branch that is ahead by the ratio of the scores', () => {
    tidy(() => {
      const terms = { a: scalar(3), b: scalar(2) };
      const found = ogmGE({ scores, alpha: 0.4 })(gradients(), terms, 0);
      const factor = 1 - Math.tanh(0.4 * 1.5);
      expect(found['image.w']!.dataSync()[1]).toBeCloseTo(2 * factor, 6);
      expect([...found['text.w']!.dataSync()]).toEqual([1, 2]);
      expect([...found['fusion.w']!.dataSync()]).toEqual([1, 2]);
      const even = ogmGE({ scores })(gradients(), { a: scalar(1), b: scalar(1) }, 0);
      expect([...even['image.w']!.dataSync()]).toEqual([1, 2]);
    });
  });

  it('adds noise of the deviation of the gradient, another at each step', () => {
    tidy(() => {
      const big = {
        'image.w': tensor2d(
          Array.from({ length: 4000 }, (_, i) => i % 2),
          [40, 100],
        ),
      };
      const terms = { a: scalar(1), b: scalar(1) };
      const modulate = ogmGE({ scores, noise: { key: key(7) } });
      const [one, two] = [0, 1].map((step) => modulate(big, terms, step)['image.w']!.dataSync());
      const noise = one!.map((value, i) => value - (i % 2));
      const deviation = norm(noise) / Math.sqrt(noise.length);
      expect(deviation).toBeGreaterThan(0.48);
      expect(deviation).toBeLessThan(0.52);
      expect(two).not.toEqual(one);
    });
  });

  it('refuses another number of branches, and a term that is not there', () => {
    expect(() => ogmGE({ scores: { image: 'a' } })).toThrow(/compares two branches/);
    const modulate = ogmGE({ scores });
    tidy(() => {
      expect(() => modulate(gradients(), { a: scalar(1) }, 0)).toThrow(/no term "b".*one of a/s);
    });
  });
});
