/** Filters of resizing, by the names that Pillow and torchvision give them. */
export type ResizeFilter = 'bilinear' | 'bicubic' | 'lanczos';

interface Kernel {
  /** Pixels on either side of a point that it reaches. */
  readonly reach: number;
  readonly weight: (distance: number) => number;
}

/**
 * The kernels as Pillow has them. When a picture shrinks they are widened by the factor, so that
 * every pixel counts (torchvision's `antialias=True`).
 */
export const kernels: Readonly<Record<ResizeFilter, Kernel>> = {
  bilinear: { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { reach: 2, weight: cubic },
  lanczos: {
    reach: 3,
    weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0),
  },
};

/** Keys' cubic convolution kernel with a = −0.5 (Catmull-Rom). */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
