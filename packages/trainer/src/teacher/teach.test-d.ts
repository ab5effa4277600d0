import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss, Model, Params, PooledFeatures } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import type { TrainOptions } from '../options';
import { train } from '../train';

it('takes a trained teacher that gives what the loss reads', () => {
  type Rest = Omit<TrainOptions<Tensor2D, Tensor2D>, 'model' | 'loss' | 'teacher'>;
  type Full = Model<Tensor2D, Tensor2D>;
  type Pooled = Model<Tensor2D, Tensor2D, PooledFeatures>;
  const run = (
    rest: Rest & { readonly params: Params },
    [full, pooled]: [Full, Pooled],
    [ofTokens, ofSummaries]: [Loss, Loss<PooledFeatures>],
  ): void => {
    const { params } = rest;
    void train({ ...rest, model: full, loss: ofTokens, teacher: { model: full, params } });
    void train({ ...rest, model: full, loss: ofSummaries, teacher: { model: pooled, params } });
    void train({ ...rest, model: pooled, loss: ofSummaries, teacher: { model: full, params } });
    void train({ ...rest, model: full, loss: ofTokens, teacher: { momentum: 0.995, queue: 8 } });
    // @ts-expect-error -- the loss reads tokens, and the teacher gives none
    void train({ ...rest, model: full, loss: ofTokens, teacher: { model: pooled, params } });
    // @ts-expect-error -- a twin follows by a momentum
    void train({ ...rest, model: full, loss: ofTokens, teacher: { queue: 8 } });
  };
  expectTypeOf(run).returns.toBeVoid();
});
