import { elementwise } from './elementwise';
import { convolution, pictures, pooling } from './images';
import { indexing } from './indexing';
import { creation, layout } from './layout';
import type { OpCase } from './op-case';
import { products } from './products';
import { reductions } from './reductions';

export type { OpCall, OpCase, Sizes } from './op-case';
export { variants } from './op-case';

/** Every kernel of the table, by ops that call it. */
export const CATALOGUE: readonly OpCase[] = [
  ...elementwise,
  ...reductions,
  ...products,
  ...layout,
  ...creation,
  ...indexing,
  ...convolution,
  ...pooling,
  ...pictures,
];
