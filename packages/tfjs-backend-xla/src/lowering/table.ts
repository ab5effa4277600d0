import type { Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { cropping } from './crop';
import { elementwise } from './elementwise';
import { extrema } from './extrema';
import { indexing } from './indexing';
import { layout } from './layout';
import type { Lowering } from './lowering';
import { products } from './products';
import { reductions } from './reductions';
import { scattering } from './scatter';
import { slices } from './slices';
import { unary } from './unary';
import { windows } from './windows';

/** How every operator that a kernel may record becomes StableHLO; none is left out. */
export const LOWERINGS: Readonly<Record<Operator, Lowering>> = {
  ...cropping,
  ...elementwise,
  ...extrema,
  ...indexing,
  ...layout,
  ...products,
  ...reductions,
  ...scattering,
  ...slices,
  ...unary,
  ...windows,
};
