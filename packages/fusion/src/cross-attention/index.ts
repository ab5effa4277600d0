import { coAttention, type CoAttentionOptions } from './co-attention';

export { coAttention };
export type { CoAttentionOptions };

/** Cross-attention fusion: tokens of one side look at tokens of the other. */
export const crossAttentionFusions = {
  'co-attention': coAttention,
};
