import { initialShapes, type LayeredEncoder, type TextInput } from '@crossweave/core';
import { type KeyMap } from '@crossweave/checkpoints';
import { expect, it } from 'vitest';
import { distilbert } from '../distilbert/presets';
import { roberta } from '../roberta/presets';
import { huggingFaceBertKeys, huggingFaceDistilBertKeys, huggingFaceRobertaKeys } from './keys';
import { bert } from './presets';

const tiny = { vocabulary: 5, dim: 4, layers: 2, heads: 2 };
const models: readonly (readonly [string, KeyMap, LayeredEncoder<TextInput>, string])[] = [
  ['bert', huggingFaceBertKeys, bert({ ...tiny, pooling: 'pooler' }), 'cls.predictions.bias'],
  [
    'roberta',
    huggingFaceRobertaKeys,
    roberta({ ...tiny, padTokenId: 1, pooling: 'pooler' }),
    'lm_head.bias',
  ],
  ['distilbert', huggingFaceDistilBertKeys, distilbert(tiny), 'vocab_projector.bias'],
];

it.each(models)('%s: its own names, alone or below a head', (prefix, map, encoder, head) => {
  for (const path of Object.keys(initialShapes(encoder))) {
    expect(map.toOurs(path), path).toEqual([{ path }]);
    expect(map.toOurs(`${prefix}.${path}`), path).toEqual([{ path }]);
    expect(map.toTheirs(path), path).toEqual({ path });
  }
  expect(map.toOurs(head)).toEqual([]);
  expect(map.toOurs(`${prefix}.embeddings.position_ids`)).toEqual([]);
  expect(map.toOurs('decoder.weight')).toBeUndefined();
});

it("takes the norms' old names, and drops those of the head", () => {
  const norm = 'encoder.layer.1.attention.output.LayerNorm';
  expect(huggingFaceBertKeys.toOurs(`bert.${norm}.gamma`)).toEqual([{ path: `${norm}.weight` }]);
  expect(huggingFaceBertKeys.toOurs(`bert.${norm}.beta`)).toEqual([{ path: `${norm}.bias` }]);
  expect(huggingFaceBertKeys.toOurs('cls.predictions.transform.LayerNorm.gamma')).toEqual([]);
});
