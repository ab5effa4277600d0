/** A call of a tfjs kernel: shapes of inputs and outputs. */
export interface KernelCall {
  readonly name: string;
  /** Shapes by input name. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly (readonly number[])[];
}

/**
 * Floating-point operations of a kernel, from its shapes. Matrix products and convolutions count
 * two operations for each multiply-add. Reductions count one for each value read. Other kernels
 * count one for each value computed (an exponential as much as a sum). Kernels that only move,
 * reshape, convert or fill count zero.
 */
export function kernelFlops(call: KernelCall): number {
  if (moving.has(call.name)) return 0;
  if (reductions.has(call.name)) return size(Object.values(call.inputs)[0] ?? []);
  const rule = rules[call.name];
  return rule === undefined ? written(call) : rule(call);
}

const moving = new Set(
  (
    'Identity Reshape Transpose Cast Concat Slice StridedSlice GatherV2 GatherNd ScatterNd ' +
    'PadV2 MirrorPad Pack Unpack SplitV Tile ExpandDims ZerosLike OnesLike Fill Range LinSpace ' +
    'Reverse BroadcastTo OneHot BatchToSpaceND SpaceToBatchND DepthToSpace Complex Real Imag'
  ).split(' '),
);

const reductions = new Set('Sum Mean Max Min Prod All Any ArgMax ArgMin'.split(' '));

type Rule = (call: KernelCall) => number;

const matrixProduct: Rule = ({ inputs, attrs, outputs }) => {
  const a = inputs['a'] ?? [];
  const inner = a.at(attrs['transposeA'] === true ? -2 : -1) ?? 0;
  const bias = inputs['bias'] === undefined ? 0 : 1;
  return (2 * inner + bias) * size(outputs[0] ?? []);
};

/** Each value of `places` is computed with the whole filter of one channel. */
const convolution =
  (places: 'output' | 'x' | 'dy', filterName: 'filter' | 'output', depthwise = false): Rule =>
  (call) => {
    const output = call.outputs[0] ?? [];
    const filter = filterName === 'output' ? output : (call.inputs[filterName] ?? []);
    const shared = filter.slice(0, depthwise ? -2 : -1);
    const at = places === 'output' ? output : (call.inputs[places] ?? []);
    const bias = call.inputs['bias'] === undefined ? 0 : 1;
    return (2 * size(shared) + bias) * size(at);
  };

const pooling: Rule = (call) => {
  const { filterSize } = call.attrs;
  const sides = Array.isArray(filterSize)
    ? (filterSize as number[])
    : [Number(filterSize), Number(filterSize)];
  return size(sides) * written(call);
};

/** Five operations per value: maximum, difference, exponential, sum, quotient. */
const softmax: Rule = (call) => 5 * written(call);

const rules: Readonly<Record<string, Rule>> = {
  BatchMatMul: matrixProduct,
  _FusedMatMul: matrixProduct,
  Conv2D: convolution('output', 'filter'),
  FusedConv2D: convolution('output', 'filter'),
  Conv2DBackpropInput: convolution('dy', 'filter'),
  Conv2DBackpropFilter: convolution('dy', 'output'),
  Conv3D: convolution('output', 'filter'),
  DepthwiseConv2dNative: convolution('output', 'filter', true),
  FusedDepthwiseConv2D: convolution('output', 'filter', true),
  DepthwiseConv2dNativeBackpropInput: convolution('dy', 'filter', true),
  DepthwiseConv2dNativeBackpropFilter: convolution('dy', 'output', true),
  MaxPool: pooling,
  AvgPool: pooling,
  Softmax: softmax,
  LogSoftmax: softmax,
  // Three operations per value: difference, scale, offset. The factors per channel are not counted.
  FusedBatchNorm: (call) => 3 * written(call),
};

function written({ outputs }: KernelCall): number {
  return outputs.reduce((sum, shape) => sum + size(shape), 0);
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
