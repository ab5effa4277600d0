import { singleStream, type SingleStreamOptions } from './single-stream';

export { singleStream };
export type { SingleStreamOptions };

/** Early fusion: both sides' tokens pass through the same layers. */
export const earlyFusions = {
  'single-stream': singleStream,
};
