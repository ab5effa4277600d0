import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Key } from '../keys';
import type { Params } from '../params';
import type { Batch } from './batch';
import type { Context } from './context';
import type { TextInput } from './encoder';
import type { Features, PooledFeatures } from './features';
import type { ModelOutputs } from './loss';
import type { Configured } from './part-config';

/**
 * An image encoder, a text encoder and a fusion. Their parameters have the prefixes `image.`,
 * `text.` and `fusion.`. `F` is the kind of features both encoders give.
 */
export interface Model<
  Image = Tensor4D,
  Text = TextInput,
  F extends PooledFeatures = Features,
> extends Configured {
  readonly name: string;
  init(key: Key): Params;
  forward(params: Params, batch: Batch<Image, Text>, ctx: Context): ModelOutputs<F>;
}
