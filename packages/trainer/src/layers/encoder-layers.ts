import { ConfigError } from '@crossweave/core';

/**
 * Where a parameter stands in an encoder: before all layers, after all of them, or in the layer
 * with these numbers (`[3]`; `[2, 0]` is the first block of a convolutional network's stage 2).
 */
export type LayerOf = (path: string) => 'embeddings' | 'head' | readonly number[];

const layer = /(?:^|\.)(?:layers?|blocks|resblocks|stages|features)\.?(\d+)\.(?:(\d+)\.)?/;

/** What BERT, DistilBERT, RoBERTa, ViT, CLIP, ResNet and their timm and open_clip forms call it. */
const before =
  /^(?:\w+_model\.|visual\.)?(?:embeddings|patch_embed|pos_embed|cls_token|class_embedding|(?:positional|token)_embedding|ln_pre|pre_layrnorm|conv\d|bn\d|conv_stem|stem)(?:\.|$)/;
const after =
  /^(?:\w+_model\.|visual\.)?(?:pooler|layernorm|norm|ln_post|ln_final|post_layernorm|final_layer_norm|text_projection|visual_projection|proj|attnpool|final_norm|final_conv|head|fc|classifier)(?:\.|$)/;

/**
 * The place of a parameter by the names the usual architectures use.
 *
 * @throws ConfigError for a name that none of them has: give a {@link LayerOf} of your own.
 */
export const layerOf: LayerOf = (path) => {
  const numbers = layer
    .exec(path)
    ?.slice(1)
    .filter((number) => (number as unknown) !== undefined);
  if (numbers !== undefined) return numbers.map(Number);
  if (before.test(path)) return 'embeddings';
  if (after.test(path)) return 'head';
  throw new ConfigError(`the layer of "${path}" is not known`, {
    where: 'layerOf',
    expected: 'a name of BERT, ViT, CLIP, ResNet or their like',
    advice: 'Pass a layerOf(path) of your own for this encoder.',
  });
};

/** An encoder's layers in a row. */
export interface LayerRow {
  /** Layers (blocks), without embeddings and head. */
  readonly count: number;
  /** 0 for the embeddings, 1 … `count` for the layers from the input on, `count` + 1 for the head. */
  readonly rank: (path: string) => number;
}

/** Puts the layers of an encoder with these paths in their order. */
export function layerRow(paths: readonly string[], of: LayerOf = layerOf): LayerRow {
  const places = paths.map(of).filter((place) => typeof place !== 'string');
  const sorted = places.sort(([a = 0, i = 0], [b = 0, j = 0]) => (a === b ? i - j : a - b));
  const order = [...new Set(sorted.map(String))];
  return {
    count: order.length,
    rank(path) {
      const place = of(path);
      if (place === 'embeddings') return 0;
      return place === 'head' ? order.length + 1 : order.indexOf(String(place)) + 1;
    },
  };
}
