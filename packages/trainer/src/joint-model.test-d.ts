import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Encoder, Fusion, Loss, Model, PooledFeatures } from '@crossweave/core';
import { expectTypeOf, it } from 'vitest';
import { jointModel } from './joint-model';
import type { TrainOptions } from './options';
import { train } from './train';

declare const tokens: Encoder<Tensor2D>;
declare const summaries: Encoder<Tensor2D, PooledFeatures>;
declare const attention: Fusion;
declare const sum: Fusion<PooledFeatures>;

it('takes the level that both encoders and the fusion have in common', () => {
  expectTypeOf(jointModel({ image: tokens, text: tokens, fusion: attention })).toEqualTypeOf<
    Model<Tensor2D, Tensor2D>
  >();
  expectTypeOf(jointModel({ image: tokens, text: tokens, fusion: sum })).toEqualTypeOf<
    Model<Tensor2D, Tensor2D>
  >();
  expectTypeOf(jointModel({ image: summaries, text: tokens, fusion: sum })).toEqualTypeOf<
    Model<Tensor2D, Tensor2D, PooledFeatures>
  >();
});

it('refuses a fusion of tokens over an encoder without any', () => {
  // @ts-expect-error -- neither encoder gives tokens
  jointModel({ image: summaries, text: summaries, fusion: attention });
  // @ts-expect-error -- the image encoder gives none
  jointModel({ image: summaries, text: tokens, fusion: attention });
  // @ts-expect-error -- the text encoder gives none
  jointModel({ image: tokens, text: summaries, fusion: attention });
});

it('refuses a loss of tokens over a model without any', () => {
  type Rest = Omit<TrainOptions<Tensor2D, Tensor2D>, 'model' | 'loss'>;
  const run = (rest: Rest, ofTokens: Loss, ofSummaries: Loss<PooledFeatures>): void => {
    const pooled = jointModel({ image: summaries, text: summaries, fusion: sum });
    const full = jointModel({ image: tokens, text: tokens, fusion: sum });
    void train({ ...rest, model: full, loss: ofTokens });
    void train({ ...rest, model: full, loss: ofSummaries });
    void train({ ...rest, model: pooled, loss: ofSummaries });
    // @ts-expect-error -- the loss reads tokens, and the model has none
    void train({ ...rest, model: pooled, loss: ofTokens });
  };
  expectTypeOf(run).returns.toBeVoid();
});
