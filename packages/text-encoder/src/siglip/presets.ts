import type { TransformerTextEncoder } from '../transformer/encoder';
import type { Preset } from '../transformer/options';
import {
  siglipTextSettings,
  type SiglipTextOptions,
  type SiglipTextOptionsWithVocabulary,
} from './options';
import { buildSiglipText } from './siglip-text';

const base = {
  ...{ dim: 768, layers: 12, heads: 12, maxPositions: 64 },
  ...{ activation: 'geluTanh', epsilon: 1e-6, dropout: 0 },
} as const satisfies Preset<SiglipTextOptions>;

/**
 * The text tower of SigLIP and SigLIP 2 of any size, with Hugging Face's parameter names. Except for
 * the ids, the defaults are those of `google/siglip-base-patch16-224`.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer, or
 *   no vocabulary or padding id.
 */
export function siglipText(options: SiglipTextOptionsWithVocabulary): TransformerTextEncoder {
  return buildSiglipText('siglipText', siglipTextSettings('siglipText', options, base));
}
