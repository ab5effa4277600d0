import { dualEncoder, type DualEncoderOptions } from './dual-encoder';

export { dualEncoder };
export type { DualEncoderOptions };

/** Late fusion: each side becomes one vector before they meet. */
export const lateFusions = {
  'dual-encoder': dualEncoder,
};
