import type { Fusion } from '@crossweave/core';
import type { SummaryOptions } from '../summary';
import {
  tokenFusionDefaults,
  transformerFusion,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';
import { textDecoder } from './text-decoder';

export interface TextQueriesImageOptions extends TransformerFusionOptions, SummaryOptions {
  /** Of the layers' norms. Default 1e-12, BERT's. */
  epsilon?: number;
}

/**
 * Cross-attention fusion in the text's stream: each layer is self attention of the text,
 * attention from text tokens to image tokens and a feed-forward network, the norm after each
 * (ALBEF, arXiv 2107.07651; BLIP, arXiv 2201.12086). The image's tokens stay as they are.
 * `joint` [B, D] is the text's `summary`, `match` a linear head on it. The layers are
 * `layers.i` of nn.TransformerDecoder.
 */
export function textQueriesImage(options: TextQueriesImageOptions = {}): Fusion {
  const where = 'textQueriesImage';
  const settings = transformerSettings<TextQueriesImageOptions>(where, options, {
    ...tokenFusionDefaults,
    normFirst: false,
    epsilon: 1e-12,
    summary: 'first',
  });
  const { dim, layers } = settings;
  const decoder = textDecoder(where, settings);

  return transformerFusion({
    where,
    name: `text-queries-image(${dim}x${layers})`,
    family: 'cross-attention',
    settings,
    width: dim,
    init: decoder.init,
    prepare: { text: decoder.alone },
    join: decoder.join,
  });
}
