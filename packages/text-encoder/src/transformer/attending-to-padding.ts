import { add, cast, mul, ones, pad, slice, sub, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { TextInput } from '@crossweave/core';
import { checkInput, type TransformerTextEncoder } from './encoder';

/**
 * An encoder that pads every text to `length` tokens with `padId` and attends to padding without a mask, as
 * it was trained to: the padding of a batch then does not matter. Tokens [B, N, D] and mask are of the input.
 */
export function attendingToPadding(
  where: string,
  inner: TransformerTextEncoder,
  length: number,
  padId: number,
): TransformerTextEncoder {
  const filled = (input: TextInput): TextInput => fillTexts(input, length, padId);
  const cut = (tokens: Tensor3D, { input_ids }: TextInput): Tensor3D => {
    const [batch, count] = input_ids.shape;
    return slice(tokens, [0, 0, 0], [batch, count, tokens.shape[2]]);
  };
  return {
    ...inner,
    apply: (params, input, ctx) => {
      checkInput(`${where}.apply`, input, length);
      return tidy(() => {
        const { tokens, pooled } = inner.apply(params, filled(input), ctx);
        const mask = cast<Tensor2D>(input.attention_mask, 'float32');
        return { tokens: cut(tokens, input), mask, pooled };
      });
    },
    hiddenStates: (params, input, ctx) => {
      checkInput(`${where}.hiddenStates`, input, length);
      return tidy(() =>
        inner.hiddenStates(params, filled(input), ctx).map((tokens) => cut(tokens, input)),
      );
    },
  };
}

/** Pads texts [B, N] to [B, length] with the padding id. */
function fillTexts(
  { input_ids, attention_mask }: TextInput,
  length: number,
  id: number,
): TextInput {
  const [batch, count] = input_ids.shape;
  const real = cast<Tensor2D>(attention_mask, 'int32');
  const ids = add<Tensor2D>(mul(input_ids, real), mul(sub(1, real), id));
  const missing = length - count;
  const after: [[number, number], [number, number]] = [
    [0, 0],
    [0, missing],
  ];
  const all = missing === 0 ? ids : pad<Tensor2D>(ids, after, id);
  return {
    input_ids: cast(all, 'int32'),
    attention_mask: ones<Rank.R2>([batch, count + missing], 'int32'),
  };
}
