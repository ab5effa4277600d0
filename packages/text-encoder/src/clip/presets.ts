import type { TransformerTextEncoder } from '../transformer/encoder';
import { buildClipText } from './clip-text';
import {
  clipTextSettings,
  type ClipTextOptions,
  type ClipTextOptionsWithVocabulary,
  type ClipTextPreset,
} from './options';

const base = {
  dim: 512,
  layers: 12,
  heads: 8,
  maxPositions: 77,
  projection: 512,
  pooling: 'eot',
  activation: 'quickGelu',
  epsilon: 1e-5,
  dropout: 0,
} as const satisfies ClipTextPreset;
const tokens = { vocabulary: 49408, endOfText: 49407 } as const;

const presets = {
  clipText: base,
  clipTextBase: { ...base, ...tokens },
  clipTextLarge: { ...base, ...tokens, dim: 768, heads: 12, projection: 768 },
} as const satisfies Record<string, ClipTextPreset>;

const make = (name: keyof typeof presets, options: ClipTextOptions): TransformerTextEncoder =>
  buildClipText(name, clipTextSettings(name, options, presets[name]));

/**
 * A CLIP text tower of any size, with Hugging Face's parameter names. Except for the ids, the
 * defaults are those of {@link clipTextBase}. OpenAI's models have the activation `quickGelu` (the
 * default), most models of open_clip have `gelu`.
 *
 * @throws ConfigError for an unknown option, a wrong value, an id that contradicts the tokenizer,
 *   or a missing vocabulary or end of text.
 */
export function clipText(options: ClipTextOptionsWithVocabulary): TransformerTextEncoder {
  return make('clipText', options);
}

/**
 * The text tower of CLIP's ViT-B/32 and ViT-B/16: up to 77 tokens, width 512, 12 layers, a shared
 * embedding of width 512, texts that end with id 49407.
 */
export function clipTextBase(options: ClipTextOptions = {}): TransformerTextEncoder {
  return make('clipTextBase', options);
}

/** The text tower of CLIP's ViT-L/14: up to 77 tokens, width 768, 12 layers, embedding 768. */
export function clipTextLarge(options: ClipTextOptions = {}): TransformerTextEncoder {
  return make('clipTextLarge', options);
}
