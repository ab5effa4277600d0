import { add, cast, concat, mul, scalar, sub, tensor2d, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TextInput } from '../contracts/encoder';
import type { FeatureSpec, Features } from '../contracts/features';
import { foldIn, normal, uniformArray, type Key } from '../keys';
import { padFeatures, sampleFeatures, sampleMask, scrambleMasked } from './samples';
import { tidyTree } from './trees';

/** A kind of encoder input, as the checks need it. */
export interface InputKind<Input extends object> {
  /** A random input of `batch` rows. If the input has a mask, it differs between rows. */
  readonly make: (key: Key, batch: number) => Input;
  /** The same input with different values at masked positions. Absent: the input has no mask. */
  readonly scramble?: (key: Key, input: Input) => Input;
  /** The same input with `extra` further masked positions. Absent: the length is fixed. */
  readonly pad?: (key: Key, input: Input, extra: number) => Input;
}

/** [B, height, width, channels] standard normal pictures. Default 3 channels. */
export function imageInput(size: {
  height: number;
  width: number;
  channels?: number;
}): InputKind<Tensor4D> {
  const { height, width, channels = 3 } = size;
  return { make: (key, batch) => normal<Rank.R4>(key, [batch, height, width, channels]) };
}

/**
 * Random ids in [0, vocabulary), `tokens` per row before padding. Default 5 tokens. With
 * `tokenTypes`, also random `token_type_ids` in [0, tokenTypes).
 */
export function textInput(size: {
  vocabulary: number;
  tokens?: number;
  tokenTypes?: number;
}): InputKind<TextInput> {
  const { vocabulary, tokens = 5, tokenTypes } = size;
  const draw = (key: Key, batch: number, count: number, below: number): Tensor2D =>
    tensor2d(
      [...uniformArray(key, batch * count)].map((value) => Math.floor(value * below)),
      [batch, count],
      'int32',
    );
  const ids = (key: Key, batch: number, count: number): Tensor2D =>
    draw(key, batch, count, vocabulary);
  const types = (key: Key, batch: number, count: number): Pick<TextInput, 'token_type_ids'> =>
    tokenTypes === undefined
      ? {}
      : { token_type_ids: draw(foldIn(key, 'types'), batch, count, tokenTypes) };
  return {
    make: (key, batch) =>
      tidyTree(() => ({
        input_ids: ids(key, batch, tokens),
        attention_mask: cast(sampleMask(batch, tokens), 'int32'),
        ...types(key, batch, tokens),
      })),
    scramble: (key, { input_ids, attention_mask, token_type_ids }) =>
      tidyTree(() => {
        const [batch, count] = input_ids.shape;
        const masked = sub(scalar(1, 'int32'), attention_mask);
        const mix = (real: Tensor2D, other: Tensor2D): Tensor2D =>
          add(mul(real, attention_mask), mul(other, masked));
        const others = types(key, batch, count).token_type_ids;
        return {
          input_ids: mix(input_ids, ids(key, batch, count)),
          attention_mask,
          ...(token_type_ids && others && { token_type_ids: mix(token_type_ids, others) }),
        };
      }),
    pad: (key, { input_ids, attention_mask, token_type_ids }, extra) =>
      tidyTree(() => {
        const [batch] = input_ids.shape;
        const further = types(key, batch, extra).token_type_ids;
        return {
          ...(token_type_ids &&
            further && { token_type_ids: concat([token_type_ids, further], 1) }),
          input_ids: concat([input_ids, ids(key, batch, extra)], 1),
          attention_mask: concat([attention_mask, zeros<Rank.R2>([batch, extra], 'int32')], 1),
        };
      }),
  };
}

/** Features of another encoder, for an encoder over cached features. */
export function featuresInput(spec: FeatureSpec): InputKind<Features> {
  return {
    make: (key, batch) => sampleFeatures(key, spec, { batch }),
    scramble: scrambleMasked,
    ...(spec.tokens === 'varies' && { pad: padFeatures }),
  };
}
