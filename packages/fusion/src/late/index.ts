import {
  dualEncoder,
  type DualEncoderOptions,
  type PooledDualEncoderOptions,
} from './dual-encoder';

export { dualEncoder };
export type { DualEncoderOptions, PooledDualEncoderOptions };

/** Late fusion: each side becomes one vector before they meet. */
export const lateFusions = {
  'dual-encoder': dualEncoder,
};
