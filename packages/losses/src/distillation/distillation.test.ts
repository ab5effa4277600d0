import {
  add,
  grad,
  mul,
  ones,
  reshape,
  sum,
  tensor2d,
  tidy,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { inference, key, normal, type Features, type ModelOutputs } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { infoNCE } from '../contrastive/info-nce';
import { distilledContrastive } from './distilled-contrastive';
import { momentumContrastive } from './momentum-contrastive';

const options = { outputs: ['teacher'], negatives: [0] } as const;
// A learned temperature stands in the targets too, where it is a constant, so differences of the
// total are not its gradient; the reference has its values.
testLoss(() => momentumContrastive(), { describe, it }, options);
testLoss(() => distilledContrastive({ temperature: 'learned' }), { describe, it }, options);

const side = (pooled: Tensor2D): Features => ({
  pooled,
  tokens: reshape(pooled, [pooled.shape[0], 1, pooled.shape[1]]),
  mask: ones([pooled.shape[0], 1]),
});
const view = (image: Tensor2D, text: Tensor2D): ModelOutputs =>
  ({
    image: side(image),
    text: side(text),
    embed: (_: 'image' | 'text', { pooled }: Features): Tensor2D => normalize(pooled),
  }) as unknown as ModelOutputs;
const batchOf = (groups: string[]) => ({
  size: groups.length,
  ids: groups,
  groups,
  image: undefined,
  text: undefined,
});
const pair = (seed: number): [Tensor2D, Tensor2D] => [
  normal(key(seed), [3, 4]),
  normal(key(seed + 1), [3, 4]),
];
const valueOf = (loss = infoNCE(), outputs: ModelOutputs, groups = ['a', 'b', 'c']): number =>
  loss.compute({}, outputs, batchOf(groups), inference).total.dataSync()[0]!;

describe('momentumContrastive', () => {
  it('is InfoNCE at alpha 0 where the twin is the model itself', () =>
    tidy(() => {
      const [image, text] = pair(1);
      const outputs = { ...view(image, text), teacher: view(image, text) };
      const hard = momentumContrastive({ alpha: 0 });
      expect(valueOf(hard, outputs)).toBeCloseTo(valueOf(infoNCE(), outputs), 5);
      expect(valueOf(momentumContrastive(), outputs)).not.toBeCloseTo(valueOf(hard, outputs), 2);
    }));

  it('takes the queue for further candidates, but its rows of the own image', () =>
    tidy(() => {
      const [image, text] = pair(1);
      const far = tensor2d([9, 9, 9, 9], [1, 4]);
      const total = (queue: object): number =>
        valueOf(momentumContrastive({ alpha: 0 }), {
          ...view(image, text),
          teacher: { ...view(image, text), ...queue },
        });
      const queued = (group: string | null) => ({
        queue: { image: normalize(far), text: normalize(far), groups: [group] },
      });
      expect(total(queued('other'))).toBeGreaterThan(total({}));
      expect(total(queued('other'))).toBeGreaterThan(total(queued('a')));
      expect(total(queued(null))).toBeCloseTo(total({}), 6);
    }));

  it('lets alpha grow over the first steps where it knows them', () =>
    tidy(() => {
      const outputs = { ...view(...pair(1)), teacher: view(...pair(5)) };
      const total = (given: object, step?: number): number =>
        momentumContrastive(given)
          .compute({}, outputs, batchOf(['a', 'b', 'c']), {
            ...inference,
            ...(step !== undefined && { step }),
          })
          .total.dataSync()[0]!;
      const ramp = { alpha: 0.6, rampSteps: 4 };
      for (const [step, alpha] of [0, 0.15, 0.3, 0.45, 0.6, 0.6].entries()) {
        expect(total(ramp, step)).toBeCloseTo(total({ alpha }), 5);
      }
      expect(total(ramp)).toBeCloseTo(total({ alpha: 0.6 }), 5);
    }));

  it('lets no gradient into the teacher', () =>
    tidy(() => {
      const [image, text] = pair(1);
      for (const loss of [momentumContrastive(), distilledContrastive()]) {
        const slope = grad((x) => {
          const teacher = view(x as Tensor2D, x as Tensor2D);
          const outputs = { ...view(image, text), teacher };
          const { total } = loss.compute({}, outputs, batchOf(['a', 'b', 'c']), inference);
          return add(total, mul(sum(x), 0));
        })(pair(7)[0]);
        expect(Array.from(slope.dataSync())).toEqual(new Array(12).fill(0));
      }
    }));

  it('refuses a model without a teacher', () => {
    const [image, text] = pair(1);
    expect(() => valueOf(momentumContrastive(), view(image, text))).toThrow(/needs a teacher/);
    expect(() => momentumContrastive({ alpha: 2 })).toThrow(/"alpha"/);
    expect(() => momentumContrastive({ rampSteps: -1 })).toThrow(/"rampSteps"/);
  });
});

describe('distilledContrastive', () => {
  it('weighs truth and teacher, each at a temperature of its own', () =>
    tidy(() => {
      const outputs = { ...view(...pair(1)), teacher: view(...pair(5)) };
      const total = (given: object): number => valueOf(distilledContrastive(given), outputs);
      const [truth, told] = [total({ distillation: 0 }), total({ contrastive: 0 })];
      expect(truth).toBeCloseTo(valueOf(infoNCE(), outputs), 5);
      expect(total({ contrastive: 2, distillation: 3 })).toBeCloseTo(2 * truth + 3 * told, 4);
      // A teacher without an opinion is a target spread evenly.
      expect(total({ contrastive: 0, teacherTemperature: 1e4 })).not.toBeCloseTo(told, 2);
    }));

  it('refuses negative weights', () => {
    expect(() => distilledContrastive({ contrastive: -1 })).toThrow(/"contrastive"/);
    expect(() => distilledContrastive({ teacherTemperature: 0 })).toThrow(/teacherTemperature/);
  });
});
