import { attentionalPooler, type AttentionalPoolerOptions } from './attentional-pooler';
import { coAttention, type CoAttentionOptions } from './co-attention';
import { gatedCrossAttention, type GatedCrossAttentionOptions } from './gated-cross-attention';
import { mergedAttention, type MergedAttentionOptions } from './merged-attention';
import { mult, type MultOptions } from './mult';
import { qFormer, type QFormerOptions } from './q-former';
import { textQueriesImage, type TextQueriesImageOptions } from './text-queries-image';

export {
  attentionalPooler,
  coAttention,
  gatedCrossAttention,
  mergedAttention,
  mult,
  qFormer,
  textQueriesImage,
};
export type {
  AttentionalPoolerOptions,
  CoAttentionOptions,
  GatedCrossAttentionOptions,
  MergedAttentionOptions,
  MultOptions,
  QFormerOptions,
  TextQueriesImageOptions,
};

/** Cross-attention fusion: tokens of one side attend to tokens of the other. */
export const crossAttentionFusions = {
  'text-queries-image': textQueriesImage,
  'co-attention': coAttention,
  'merged-attention': mergedAttention,
  'gated-cross-attention': gatedCrossAttention,
  'q-former': qFormer,
  'attentional-pooler': attentionalPooler,
  mult,
};
