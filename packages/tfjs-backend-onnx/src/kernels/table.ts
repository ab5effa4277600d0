import { binaryKernels } from './binary';
import { bincountKernels } from './bincount';
import { convKernels } from './conv';
import { conv3dKernels } from './conv3d';
import { convGradientKernels } from './conv-gradients';
import { creationKernels } from './creation';
import { cropKernels } from './crop';
import { cumprodKernels } from './cumprod';
import { depthwiseKernels } from './depthwise';
import { einsumKernels } from './einsum';
import { indexingKernels } from './indexing';
import type { Kernel } from './kernel';
import { layoutKernels } from './layout';
import { padKernels } from './pad';
import { sliceKernels } from './slice';
import { concatKernels } from './concat';
import { lrnKernels } from './lrn';
import { matMulKernels } from './matmul';
import { normKernels } from './norm';
import { poolKernels } from './pool';
import { poolArgmaxKernels } from './pool-argmax';
import { pool3dKernels } from './pool3d';
import { reductionKernels } from './reduction';
import { resizeKernels } from './resize';
import { scatterKernels } from './scatter';
import { spaceKernels } from './space';
import { unaryKernels } from './unary';

/** Every kernel that has an ONNX form. */
export const KERNELS = {
  ...binaryKernels,
  ...bincountKernels,
  ...conv3dKernels,
  ...convKernels,
  ...convGradientKernels,
  ...creationKernels,
  ...cropKernels,
  ...cumprodKernels,
  ...depthwiseKernels,
  ...einsumKernels,
  ...indexingKernels,
  ...concatKernels,
  ...layoutKernels,
  ...padKernels,
  ...sliceKernels,
  ...lrnKernels,
  ...matMulKernels,
  ...normKernels,
  ...pool3dKernels,
  ...poolArgmaxKernels,
  ...poolKernels,
  ...reductionKernels,
  ...resizeKernels,
  ...scatterKernels,
  ...spaceKernels,
  ...unaryKernels,
} satisfies Readonly<Record<string, Kernel>>;

/**
 * Kernels that also take strings and complex numbers. With such inputs, which no graph can hold,
 * all other kernels run on tfjs's cpu kernels.
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
