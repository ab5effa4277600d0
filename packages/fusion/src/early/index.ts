import { bottleneck, type BottleneckOptions } from './bottleneck';
import { channelConcat, type ChannelConcatOptions } from './channel-concat';
import { singleStream, type SingleStreamOptions } from './single-stream';

export { bottleneck, channelConcat, singleStream };
export type { BottleneckOptions, ChannelConcatOptions, SingleStreamOptions };

/** Early fusion: both sides' tokens pass through the same layers. */
export const earlyFusions = {
  'single-stream': singleStream,
  'channel-concat': channelConcat,
  bottleneck,
};
