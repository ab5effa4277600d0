import { fusionSteps } from '../workloads/fusions';
import type { Row } from './row';

/** Ten fusions, one or more a family: pairs of 49 × 512 image and 32 × 384 text tokens, width 256. */
export const fusionRows: readonly Row[] = Object.keys(fusionSteps).map((name) => ({
  name,
  title: name,
  peer: ['fusions.py', '--fusion', name],
  steps: 20,
  warmup: 5,
}));
