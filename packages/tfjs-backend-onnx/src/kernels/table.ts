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
export const KERNELS = {
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
} satisfies Readonly<Record<string, Kernel>>;

/**
 * Those that take strings and complex numbers too. All others run on tfjs's cpu kernels when they
 * get such, as no graph can hold them.
 */
export const ANY_TYPE: ReadonlySet<string> = new Set<keyof typeof KERNELS>([
  'Cast',
  'ComplexAbs',
  'ExpandDims',
  'Identity',
  'Imag',
  'OnesLike',
  'Real',
  'Reshape',
  'ZerosLike',
]);
