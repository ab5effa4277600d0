import { binaryKernels } from './binary';
import { convKernels } from './conv';
import { creationKernels } from './creation';
import { depthwiseKernels } from './depthwise';
import { indexingKernels } from './indexing';
import type { Kernel } from './kernel';
import { layoutKernels } from './layout';
import { matMulKernels } from './matmul';
import { normKernels } from './norm';
import { poolKernels } from './pool';
import { reductionKernels } from './reduction';
import { resizeKernels } from './resize';
import { unaryKernels } from './unary';

/** Every kernel that has a graph form. */
export const KERNELS: Readonly<Record<string, Kernel>> = {
  ...binaryKernels,
  ...convKernels,
  ...creationKernels,
  ...depthwiseKernels,
  ...indexingKernels,
  ...layoutKernels,
  ...matMulKernels,
  ...normKernels,
  ...poolKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...unaryKernels,
};
