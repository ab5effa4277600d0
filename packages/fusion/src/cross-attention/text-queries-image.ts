import type { Fusion } from '@crossweave/core';
import type { Checks } from '@crossweave/core/authoring';
import { epsilonCheck } from '../option-checks';
import { summaryCheck, type SummaryOptions } from '../summary';
import {
  transformerFusion,
  transformerFusionChecks,
  transformerFusionDefaults,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';
import { textDecoder } from './text-decoder';

export interface TextQueriesImageOptions extends TransformerFusionOptions, SummaryOptions {
  /** Epsilon of the layer norms, in (0, 1]. Default 1e-12, as in BERT. */
  epsilon?: number;
}

const checks: Checks<TextQueriesImageOptions> = {
  ...transformerFusionChecks,
  summary: summaryCheck,
  epsilon: epsilonCheck,
};

/**
 * Cross-attention fusion in the text's stream: each layer has self attention of the text, attention
 * from text tokens to image tokens and a feed-forward network, with layer norm after each (ALBEF,
 * arXiv 2107.07651; BLIP, arXiv 2201.12086). The layers do not change the image's tokens. `joint`
 * [B, D] is the text's `summary`, `match` a linear head on it. The layers are `layers.i` of
 * nn.TransformerDecoder.
 */
export function textQueriesImage(options: TextQueriesImageOptions = {}): Fusion {
  const where = 'textQueriesImage';
  const settings = transformerSettings<TextQueriesImageOptions>(
    where,
    options,
    { ...transformerFusionDefaults, epsilon: 1e-12, summary: 'first' },
    checks,
  );
  const { dim, layers } = settings;
  const decoder = textDecoder(settings);

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
