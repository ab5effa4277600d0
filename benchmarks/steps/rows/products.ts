import type { Row } from './row';

/** Square products; the fastest of either side is the machine's peak. */
export const products: readonly Row[] = [512, 1024, 2048].map((size) => ({
  name: `gemm-${size}`,
  title: `product of ${size} × ${size} matrices`,
  peer: ['gemm.py', '--size', String(size)],
  steps: Math.round(20 * (1024 / size)),
  warmup: 3,
}));
