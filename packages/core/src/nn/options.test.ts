import { ones, tidy, type Rank } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inference } from '../contracts/context';
import { key } from '../keys';
import { testOptions } from '../testing';
import {
  batchNorm,
  conv2d,
  depthwiseConv2d,
  initBatchNorm,
  initConv2d,
  initCrossAttentionBlock,
  initEmbedding,
  initLinear,
  initMultiHeadAttention,
  initTransformerBlock,
  maxPool2d,
  scaledDotProductAttention,
  transformerBlock,
} from './index';

const runner = { describe, it };
const at = 'layer';
const picture = () => ones<Rank.R4>([1, 3, 3, 2]);

testOptions('initLinear', (o: never) => initLinear(key(0), at, o), runner, {
  required: { in: 2, out: 2 },
});
testOptions('initConv2d', (o: never) => initConv2d(key(0), at, o), runner, {
  required: { in: 2, out: 2, kernel: 3 },
});
testOptions('conv2d', (o: never) => conv2d({}, at, picture(), o), runner);
testOptions('depthwiseConv2d', (o: never) => depthwiseConv2d({}, at, picture(), o), runner);
testOptions('initEmbedding', (o: never) => initEmbedding(key(0), at, o), runner, {
  required: { count: 2, dim: 2 },
});
testOptions('maxPool2d', (o: never) => maxPool2d(picture(), o), runner, {
  required: { kernel: 2 },
});
testOptions(
  'batchNorm',
  (o: never) => batchNorm(initBatchNorm(at, 2), at, picture(), inference, o),
  runner,
);
const heads = { heads: 1 };
testOptions('initMultiHeadAttention', (o: never) => initMultiHeadAttention(key(0), at, o), runner, {
  required: { dim: 2 },
});
testOptions(
  'scaledDotProductAttention',
  (o: never) => scaledDotProductAttention(picture(), picture(), picture(), o),
  runner,
  { anyText: ['path'] },
);
for (const [name, init] of Object.entries({ initTransformerBlock, initCrossAttentionBlock })) {
  testOptions(name, (o: never) => init(key(0), at, o), runner, { required: { dim: 2, hidden: 4 } });
}
testOptions(
  'transformerBlock',
  (o: never) => transformerBlock({}, at, ones<Rank.R3>([1, 2, 2]), o),
  runner,
  { required: { ...heads, ctx: inference } },
);

it('names the layer and the activations there are', () =>
  tidy(() => {
    const options: object = { ...heads, ctx: inference, activation: 'gleu' };
    expect(() => transformerBlock({}, 'encoder.0', ones([1, 2, 2]), options as never)).toThrow(
      /encoder\.0: "activation".*"gelu" \| "geluTanh".*Did you mean "gelu"\?/,
    );
  }));
