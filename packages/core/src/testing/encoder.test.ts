import {
  add,
  cast,
  mean,
  mul,
  ones,
  reshape,
  type Rank,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Encoder, TextInput } from '../contracts/encoder';
import type { Features, PooledFeatures } from '../contracts/features';
import { normal, foldIn } from '../keys';
import {
  batchNorm,
  conv2d,
  dropout,
  embedding,
  initBatchNorm,
  initConv2d,
  initEmbedding,
  initLinear,
  initTransformerBlock,
  linear,
  maskedMean,
  relu,
  transformerBlock,
} from '../nn';
import { mergeParams } from '../params';
import { encoderChecks, testEncoder } from './encoder';
import { featuresInput, imageInput, textInput, type InputKind } from './inputs';
import { tidyTree } from './trees';

const dim = 4;

/** One strided convolution with batch norm; its places are the tokens. */
function picture(): Encoder<Tensor4D> {
  return {
    name: 'picture',
    features: { dim, tokens: 9 },
    init: (key) =>
      mergeParams(
        initConv2d(key, 'conv', { in: 3, out: dim, kernel: 3 }),
        initBatchNorm('norm', dim),
      ),
    apply: (params, images, ctx) =>
      tidyTree(() => {
        const hidden = conv2d(params, 'conv', images, { stride: 2, padding: 1 });
        const active = relu(batchNorm(params, 'norm', hidden, ctx));
        const tokens = reshape<Rank.R3>(active, [images.shape[0], 9, dim]);
        return {
          tokens,
          mask: ones<Rank.R2>([images.shape[0], 9]),
          pooled: mean<Tensor2D>(tokens, 1),
        };
      }),
  };
}

/** One transformer block over embedded words. */
function words(): Encoder<TextInput> {
  return {
    name: 'words',
    features: { dim, tokens: 'varies' },
    init: (key) =>
      mergeParams(
        initEmbedding(key, 'embed', { count: 11, dim }),
        initTransformerBlock(key, 'layer', { dim, hidden: 6 }),
      ),
    apply: (params, { input_ids, attention_mask }, ctx) =>
      tidyTree(() => {
        const mask = cast(attention_mask, 'float32');
        const embedded = embedding<Tensor3D>(params, 'embed', input_ids);
        const tokens = transformerBlock(params, 'layer', embedded, {
          mask,
          heads: 2,
          ctx,
          dropout: 0.2,
        });
        return { tokens, mask, pooled: maskedMean(tokens, mask) };
      }),
  };
}

/** A linear layer over cached features. */
function adapter(): Encoder<Features> {
  return {
    name: 'adapter',
    features: { dim, tokens: 'varies' },
    init: (key) => initLinear(key, 'map', { in: 5, out: dim }),
    apply: (params, { tokens, mask, pooled }) =>
      tidyTree(() => ({
        tokens: linear(params, 'map', tokens),
        mask: mul<Tensor2D>(mask, 1),
        pooled: linear(params, 'map', pooled),
      })),
  };
}

const images = imageInput({ height: 6, width: 6 });
const texts = textInput({ vocabulary: 11 });
testEncoder(picture, { describe, it }, { input: images });
testEncoder(words, { describe, it }, { input: texts });
testEncoder(adapter, { describe, it }, { input: featuresInput({ dim: 5, tokens: 'varies' }) });

/** The summaries of pictures, without their tokens. */
function summary(): Encoder<Tensor4D, PooledFeatures> {
  const base = picture();
  return {
    ...base,
    name: 'summary',
    features: { dim, tokens: 0 },
    apply: (params, input, ctx) =>
      tidyTree(() => ({ pooled: base.apply(params, input, ctx).pooled })),
  };
}
testEncoder(summary, { describe, it }, { input: images });

async function failures<Input extends object>(
  encoder: Encoder<Input, PooledFeatures>,
  input: InputKind<Input>,
): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of encoderChecks(() => encoder, { input })) {
    try {
      await run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

const alone = 'in inference, the features of a row do not depend on the other rows';
const purity = 'inference does not depend on the key; training repeats with the same key';

describe('an encoder that breaks the contract', () => {
  it('uses batch statistics in inference', async () => {
    const apply: Encoder<Tensor4D>['apply'] = (params, input, ctx) =>
      picture().apply(params, input, { ...ctx, training: true });
    const failed = await failures({ ...picture(), apply }, images);
    expect(failed).toContain(alone);
    expect(failed).toContain('training records every running statistic, inference none');
  });

  it('does not record its running statistics', async () => {
    const apply: Encoder<Tensor4D>['apply'] = (params, input, { training, key }) =>
      picture().apply(params, input, { training, key });
    const failed = await failures({ ...picture(), apply }, images);
    expect(failed).toEqual(['training records every running statistic, inference none']);
  });

  it('declares another width than it gives', async () => {
    const failed = await failures({ ...picture(), features: { dim: 5, tokens: 9 } }, images);
    expect(failed).toEqual(['gives finite features of the shapes it declares, for 1 to 3 inputs']);
  });

  it('declares no tokens and gives some, or the reverse', async () => {
    for (const encoder of [
      { ...picture(), features: { dim, tokens: 0 } },
      { ...summary(), features: { dim, tokens: 9 } },
    ]) {
      expect(await failures(encoder, images)).toEqual([
        'gives finite features of the shapes it declares, for 1 to 3 inputs',
      ]);
    }
  });

  it('ignores the mask', async () => {
    const apply: Encoder<TextInput>['apply'] = (params, { input_ids, attention_mask }, ctx) =>
      tidyTree(() => {
        const all = ones<Rank.R2>(input_ids.shape, 'int32');
        const { tokens, pooled } = words().apply(params, { input_ids, attention_mask: all }, ctx);
        return { tokens, pooled, mask: cast(attention_mask, 'float32') };
      });
    expect(await failures({ ...words(), apply }, texts)).toEqual([
      'values at masked positions do not matter',
      'padding the input further does not matter',
    ]);
  });

  it('applies dropout in inference', async () => {
    const apply: Encoder<TextInput>['apply'] = (params, input, ctx) =>
      tidyTree(() => {
        const { tokens, mask, pooled } = words().apply(params, input, ctx);
        return { tokens, mask, pooled: dropout(pooled, 0.5, { ...ctx, training: true }, 'out') };
      });
    expect(await failures({ ...words(), apply }, texts)).toContain(purity);
  });

  it('keeps an intermediate tensor', async () => {
    const apply: Encoder<TextInput>['apply'] = (params, input, ctx) => {
      const { tokens, mask, pooled } = words().apply(params, input, ctx);
      return { tokens, mask, pooled: add<Tensor2D>(pooled, 0) };
    };
    expect(await failures({ ...words(), apply }, texts)).toEqual([
      'leaks no tensors and disposes none of its inputs',
    ]);
  });

  it('has a table that nothing looks up', async () => {
    const encoder: Encoder<TextInput> = {
      ...words(),
      init: (key) => ({ ...words().init(key), 'unused.weight': normal(foldIn(key, 'u'), [2, 2]) }),
    };
    expect(await failures(encoder, texts)).toEqual(['gradients reach every parameter']);
  });
});
