import { describe, expect, it } from 'vitest';
import { ConfigError } from '@crossweave/core';
import { layerOf, layerRow } from './encoder-layers';

describe('layerOf', () => {
  it.each([
    ['embeddings.word_embeddings.weight', 'embeddings'],
    ['encoder.layer.11.attention.self.query.weight', [11]],
    ['pooler.dense.bias', 'head'],
    ['transformer.layer.5.ffn.lin1.weight', [5]],
    ['embeddings.cls_token', 'embeddings'],
    ['layernorm.weight', 'head'],
    ['vision_model.embeddings.class_embedding', 'embeddings'],
    ['vision_model.pre_layrnorm.bias', 'embeddings'],
    ['vision_model.encoder.layers.3.mlp.fc1.weight', [3]],
    ['vision_model.post_layernorm.weight', 'head'],
    ['visual_projection.weight', 'head'],
    ['text_model.final_layer_norm.bias', 'head'],
    ['text_model.encoder.layers.0.layer_norm1.bias', [0]],
    ['conv1.weight', 'embeddings'],
    ['bn1.running_mean', 'embeddings'],
    ['layer3.5.downsample.1.weight', [3, 5]],
    ['blocks.7.attn.qkv.weight', [7]],
    ['visual.transformer.resblocks.2.attn.in_proj_weight', [2]],
    ['visual.positional_embedding', 'embeddings'],
    ['visual.ln_post.weight', 'head'],
  ])('%s: %s', (path, place) => {
    expect(layerOf(path)).toEqual(place);
  });

  it('guesses nothing', () => {
    expect(() => layerOf('poolers.weight')).toThrow(ConfigError);
    expect(() => layerOf('gate.weight')).toThrow(/"gate\.weight" is not known.*layerOf\(path\)/);
  });
});

it('counts the blocks of all stages in their order', () => {
  const paths = [
    'layer2.0.a',
    'conv1.weight',
    'layer1.10.a',
    'layer1.2.a',
    'layer1.2.b',
    'fc.bias',
  ];
  const row = layerRow(paths);
  expect(row.count).toBe(3);
  expect(paths.map(row.rank)).toEqual([3, 0, 2, 1, 1, 4]);
});
