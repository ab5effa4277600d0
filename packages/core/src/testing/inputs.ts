import { add, cast, concat, mul, scalar, sub, tensor2d, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TextInput } from '../contracts/encoder';
import type { FeatureSpec, Features } from '../contracts/features';
import { normal, uniformArray, type Key } from '../keys';
import { padFeatures, sampleFeatures, sampleMask, scrambleMasked } from './samples';
import { tidyTree } from './trees';

/** What an encoder reads, as far as its checks need to know. */
export interface InputKind<Input extends object> {
  /** A random input of `batch` rows; rows have different masks where there are masks. */
  readonly make: (key: Key, batch: number) => Input;
  /** The same input with other values where it is masked. Absent: it has no mask. */
  readonly scramble?: (key: Key, input: Input) => Input;
  /** The same input with masked positions added. Absent: its length is fixed. */
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

/** Random ids in [0, vocabulary), `tokens` per row before padding. Default 5 tokens. */
export function textInput(size: { vocabulary: number; tokens?: number }): InputKind<TextInput> {
  const { vocabulary, tokens = 5 } = size;
  const ids = (key: Key, batch: number, count: number): Tensor2D =>
    tensor2d(
      [...uniformArray(key, batch * count)].map((draw) => Math.floor(draw * vocabulary)),
      [batch, count],
      'int32',
    );
  return {
    make: (key, batch) =>
      tidyTree(() => ({
        input_ids: ids(key, batch, tokens),
        attention_mask: cast(sampleMask(batch, tokens), 'int32'),
      })),
    scramble: (key, { input_ids, attention_mask }) =>
      tidyTree(() => {
        const [batch, count] = input_ids.shape;
        const others = mul(ids(key, batch, count), sub(scalar(1, 'int32'), attention_mask));
        return { input_ids: add(mul(input_ids, attention_mask), others), attention_mask };
      }),
    pad: (key, { input_ids, attention_mask }, extra) =>
      tidyTree(() => {
        const [batch] = input_ids.shape;
        return {
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
