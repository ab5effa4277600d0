import type { Node, Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { integer, list, operand } from './lowering';
import type { Emitter } from './emitter';
import { integers, joining } from './emitter';
import { better } from './extrema';
import type { Value } from './value';
import { HIGHEST, LOWEST, isFloat } from './value';

/** A window over the dimensions after batch and channels, as ONNX describes it. */
interface Window {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each dimension. */
  readonly pads: readonly (readonly [number, number])[];
}

function windowOf(node: Node, { shape }: Value): Window {
  const count = shape.length - 2;
  const ones = new Array<number>(count).fill(1);
  const pads = list(node, 'pads') ?? new Array<number>(2 * count).fill(0);
  return {
    size: list(node, 'kernel_shape') ?? ones,
    strides: list(node, 'strides') ?? ones,
    dilations: list(node, 'dilations') ?? ones,
    pads: ones.map((_, i) => [pads[i] as number, pads[count + i] as number]),
  };
}

const pairs = (list: readonly (readonly [number, number])[]): string =>
  `dense<[${list.map((pair) => `[${pair.join(', ')}]`).join(', ')}]> : tensor<${list.length}x2xi64>`;

/** [b, f, 0, 1]: which axis is which; ONNX's are always in this order. */
function convolution(
  e: Emitter,
  node: Node,
  [x, weights]: readonly [Value, Value],
  window: Pick<Window, 'strides' | 'dilations' | 'pads'> & { readonly spread: readonly number[] },
  weightAxes: 'o, i' | 'i, o',
  isTurned: boolean,
): Value {
  const places = window.pads.map((_, i) => i).join(', ');
  const images = `b, f, ${places}`;
  return e.product('convolution', [x, weights], node.shape, node.dtype, [
    `window_strides = ${integers(window.strides)}`,
    `padding = ${pairs(window.pads)}`,
    `lhs_dilation = ${integers(window.spread)}`,
    `rhs_dilation = ${integers(window.dilations)}`,
    `window_reversal = array<i1: ${window.pads.map(() => isTurned).join(', ')}>`,
    `dimension_numbers = #stablehlo.conv<[${images}]x[${weightAxes}, ${places}]->[${images}]>`,
    `feature_group_count = ${integer(node, 'group', 1)} : i64`,
    'batch_group_count = 1 : i64',
  ]);
}

/** Weights [I, O / g, ...] of a transposed convolution as [I / g, O, ...]. */
function regrouped(e: Emitter, weights: Value, groups: number): Value {
  if (groups === 1) return weights;
  const [inputs, outputs, ...rest] = weights.shape as [number, number, ...number[]];
  const split = e.reshape(weights, [groups, inputs / groups, outputs, ...rest]);
  const turned = e.transpose(split, [1, 0, 2, ...rest.map((_, i) => i + 3)]);
  return e.reshape(turned, [inputs / groups, groups * outputs, ...rest]);
}

/** Attributes of a window of 1 in the first two dimensions. */
function windowAttributes({ size, strides, dilations, pads }: Window): string[] {
  return [
    `window_dimensions = ${integers([1, 1, ...size])}`,
    `window_strides = ${integers([1, 1, ...strides])}`,
    `base_dilations = ${integers([1, 1, ...size.map(() => 1)])}`,
    `window_dilations = ${integers([1, 1, ...dilations])}`,
    `padding = ${pairs([[0, 0], [0, 0], ...pads])}`,
  ];
}

/** A NaN is never the maximum. */
function comparable(e: Emitter, x: Value): Value {
  if (!isFloat(x.dtype)) return x;
  return e.select(e.compare('EQ', x, x), x, e.fill(-Infinity, x.shape, x.dtype));
}

/** How many elements each window sees along each dimension, as the factors of their product. */
function counts(e: Emitter, node: Node, x: Value, window: Window): Value {
  const along = window.size.map((size, i) => {
    const [stride, dilation] = [window.strides[i] as number, window.dilations[i] as number];
    const length = x.shape[i + 2] as number;
    return Float32Array.from({ length: node.shape[i + 2] as number }, (_, at) => {
      const start = at * stride - (window.pads[i]?.[0] ?? 0);
      const seen = Array.from({ length: size }, (__, k) => start + k * dilation);
      return Math.max(1, seen.filter((place) => 0 <= place && place < length).length);
    });
  });
  const uniform = along.every((list) => list.every((count) => count === list[0]));
  if (uniform) return e.fill(sizeOf(along.map((list) => list[0] ?? 1)), node.shape, node.dtype);
  return along
    .map((list, i) => {
      const counted = e.convert(e.dense(list, [list.length], 'float32'), node.dtype);
      return e.along(counted, [i + 2], node.shape);
    })
    .reduce((product, factor) => e.like('multiply', product, factor));
}

export const windows = {
  AveragePool: (e, node, inputs) => {
    const x = operand(inputs, 0);
    const window = windowOf(node, x);
    const attributes = windowAttributes(window);
    const zero = e.fill(0, [], x.dtype);
    const join = joining('add', x.dtype);
    const sum = e.op('reduce_window', [x, zero], node.shape, x.dtype, attributes, join);
    return e.like('divide', sum, counts(e, node, x, window));
  },
  Conv: (e, node, inputs) => {
    const given = inputs as readonly [Value, Value];
    const window = windowOf(node, given[0]);
    const spread = window.size.map(() => 1);
    return convolution(e, node, given, { ...window, spread }, 'o, i', false);
  },
  /** The convolution of x spread by the strides with the turned weights. */
  ConvTranspose: (e, node, inputs) => {
    const [x, weights] = inputs as readonly [Value, Value];
    const { size, strides, dilations, pads } = windowOf(node, x);
    const further = list(node, 'output_padding') ?? [];
    const around = pads.map(([before, after], i) => {
      const reach = ((size[i] as number) - 1) * (dilations[i] as number);
      return [reach - before, reach - after + (further[i] ?? 0)] as const;
    });
    const own = regrouped(e, weights, integer(node, 'group', 1));
    const window = { strides: strides.map(() => 1), dilations, pads: around, spread: strides };
    return convolution(e, node, [x, own], window, 'i, o', true);
  },
  /** The maxima, and where in all of x they were found. */
  MaxPool: (e, node, inputs) => {
    const x = comparable(e, operand(inputs, 0));
    const places = e.reshape(e.iota([sizeOf(x.shape)], 0, 'int32'), x.shape);
    const starts = [e.fill(LOWEST[x.dtype], [], x.dtype), e.fill(HIGHEST.int32, [], 'int32')];
    const types = [
      { shape: node.shape, dtype: x.dtype },
      { shape: node.shape, dtype: 'int32' as const },
    ];
    const attributes = windowAttributes(windowOf(node, x));
    const both = [x, places, ...starts];
    const maximum = joining('maximum', x.dtype);
    const [, found] = e.results('reduce_window', both, types, attributes, better('GT', x.dtype));
    const [first] = starts as [Value];
    // What nobody uses is left out by XLA: most pools need no places, and are faster by themselves.
    const only = e.op('reduce_window', [x, first], node.shape, x.dtype, attributes, maximum);
    return [only, e.convert(found as Value, 'int64')];
  },
  /** (x − mean) · scale / √(variance + ε) + offset, by channel */
  BatchNormalization: (e, node, inputs) => {
    const [x, ...statistics] = inputs;
    const [scale, offset, mean, variance] = statistics.map((value) =>
      e.along(value, [1], node.shape),
    ) as [Value, Value, Value, Value];
    const epsilon = node.attributes?.['epsilon'];
    const small = typeof epsilon === 'object' && 'f' in epsilon ? epsilon.f : 1e-5;
    const wide = e.like('add', variance, e.fill(small, node.shape, node.dtype));
    const slope = e.like('multiply', scale, e.like('rsqrt', wide));
    const centred = e.like('subtract', x as Value, mean);
    return e.like('add', e.like('multiply', centred, slope), offset);
  },
} satisfies Partial<Record<Operator, Lowering>>;
