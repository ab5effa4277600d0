import { bottleneck, type BottleneckOptions } from './bottleneck';
import { channelConcat, type ChannelConcatOptions } from './channel-concat';
import { deepSet, type DeepSetOptions } from './deep-set';
import { deepSetTransformer, type DeepSetTransformerOptions } from './deep-set-transformer';
import { singleStream, type SingleStreamOptions } from './single-stream';

export { bottleneck, channelConcat, deepSet, deepSetTransformer, singleStream };
export type {
  BottleneckOptions,
  ChannelConcatOptions,
  DeepSetOptions,
  DeepSetTransformerOptions,
  SingleStreamOptions,
};

/** Early fusion: image and text pass through the layers together, from the first layer on. */
export const earlyFusions = {
  'single-stream': singleStream,
  'channel-concat': channelConcat,
  bottleneck,
  'deep-set': deepSet,
  'deep-set-transformer': deepSetTransformer,
};
