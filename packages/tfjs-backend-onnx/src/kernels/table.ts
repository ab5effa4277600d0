import { binaryKernels } from './binary';
import { creationKernels } from './creation';
import { indexingKernels } from './indexing';
import type { Kernel } from './kernel';
import { layoutKernels } from './layout';
import { matMulKernels } from './matmul';
import { reductionKernels } from './reduction';
import { unaryKernels } from './unary';

/** Every kernel that has a graph form. */
export const KERNELS: Readonly<Record<string, Kernel>> = {
  ...binaryKernels,
  ...creationKernels,
  ...indexingKernels,
  ...layoutKernels,
  ...matMulKernels,
  ...reductionKernels,
  ...unaryKernels,
};
