import { testEncoder, testOptions, textInput } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { modernBertFromConfig, textPartFromConfig } from '../config/from-config';
import type { HuggingFaceConfig } from '../config/reader';
import { equalsReference } from '../transformer/reference.testing';
import { huggingFaceModernBertKeys } from './keys';
import { modernBert } from './modernbert';

const tiny = { vocabulary: 11, dim: 8, layers: 2, heads: 2, hidden: 6, maxPositions: 8 } as const;

equalsReference('modernbert', ({ config, ...options }) =>
  modernBertFromConfig(config as HuggingFaceConfig, options),
);

describe('conforms', () => {
  const input = textInput({ vocabulary: tiny.vocabulary });
  for (const pooling of ['cls', 'mean', 'max'] as const) {
    testEncoder(() => modernBert({ ...tiny, pooling, window: 1 }), { describe, it }, { input });
  }
  const other = { ...tiny, globalEvery: 1, dropout: 0.2, normalize: true } as const;
  testEncoder(() => modernBert(other), { describe, it }, { input });
});

testOptions('modernBert', (options: object) => modernBert({ vocabulary: 5, ...options }), {
  describe,
  it,
});

describe('reads configs', () => {
  const sizes = { model_type: 'modernbert', vocab_size: 20, num_hidden_layers: 4 };

  it('of transformers 4 and 5', () => {
    const four = textPartFromConfig({
      ...sizes,
      global_attn_every_n_layers: 2,
      global_rope_theta: 1000.5,
      local_attention: 10,
    });
    expect(four.name).toBe('modernbert');
    expect(four.options).toMatchObject({ globalEvery: 2, window: 5, globalTheta: 1000.5 });
    const types = ['full_attention', 'sliding_attention', 'full_attention', 'sliding_attention'];
    const ropes = { full_attention: { rope_type: 'default', rope_theta: 1000.5 } };
    const five = textPartFromConfig({
      ...{ ...sizes, layer_types: types, rope_parameters: ropes, local_attention: 10 },
    });
    expect(five.options).toEqual(four.options);
    expect(textPartFromConfig(sizes).options).toMatchObject({ globalEvery: 3, localTheta: 1e4 });
  });

  it.each<[object, RegExp]>([
    [{ norm_bias: true }, /"norm_bias" is not supported/],
    [{ layer_types: ['sliding_attention', 'full_attention'] }, /"layer_types" is not supported/],
    [{ layer_types: 'all' }, /"layer_types" is not supported/],
    [{ rope_parameters: { full_attention: { rope_type: 'yarn' } } }, /rotary positions.*yarn/],
    [{ other: 1 }, /does not support: other/],
  ])('refuses %j', (config, message) => {
    expect(() => textPartFromConfig({ ...sizes, ...config })).toThrow(message);
  });
});

it('takes models with a head, without it', () => {
  const [path, whole] = ['layers.0.attn.Wqkv.weight', 'model.layers.0.attn.Wqkv.weight'];
  expect(huggingFaceModernBertKeys.toOurs(whole)).toEqual([{ path }]);
  expect(huggingFaceModernBertKeys.toOurs('decoder.bias')).toEqual([]);
});
