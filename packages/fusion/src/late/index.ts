import { bilinearFusions } from './bilinear';
import { concatMlp, type ConcatMlpOptions } from './concat-mlp';
import { dualEncoder, type DualEncoderOptions } from './dual-encoder';

export * from './bilinear';
export { concatMlp, dualEncoder };
export type { ConcatMlpOptions, DualEncoderOptions };

/** Late fusion: each side becomes one vector before they meet. */
export const lateFusions = {
  'dual-encoder': dualEncoder,
  'concat-mlp': concatMlp,
  ...bilinearFusions,
};
