import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../graph/types';
import { binary, select, unary, withScalar } from './elementwise';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

type NumericType = 'float32' | 'int32' | 'bool';

export const creationKernels = {
  Fill: kernel<
    Record<string, never>,
    { shape: number[]; value: number | string; dtype?: NumericType }
  >((b, _, { shape, value, dtype }) => {
    if (typeof value === 'number') return b.filled(value, shape, dtype ?? util.inferDtype(value));
    const strings = new Array<Uint8Array>(sizeOf(shape)).fill(util.encodeString(value));
    return b.strings(strings, shape);
  }),
  ZerosLike: kernel<UnaryInput>((b, { x }) =>
    x.dtype === 'complex64'
      ? b.complex(b.filled(0, x.shape, 'float32'), b.filled(0, x.shape, 'float32'))
      : b.filled(0, x.shape, x.dtype),
  ),
  OnesLike: kernel<UnaryInput>((b, { x }) =>
    x.dtype === 'complex64'
      ? b.complex(b.filled(1, x.shape, 'float32'), b.filled(0, x.shape, 'float32'))
      : b.filled(1, x.shape, x.dtype),
  ),
  Range: kernel<
    Record<string, never>,
    { start: number; stop: number; step: number; dtype: 'float32' | 'int32' }
  >((b, _, { start, stop, step, dtype }) => {
    const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
    const length = empty ? 0 : Math.abs(Math.ceil((stop - start) / step));
    const direction = stop < start && step === 1 ? -1 : step;
    const values = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
    // Each value is the previous value plus the step, in the precision of the array, as in tfjs.
    for (let i = 0; i < length; i++) {
      values[i] = i === 0 ? start : (values[i - 1] as number) + direction;
    }
    return b.literal(values, [length], dtype);
  }),
  LinSpace: kernel<Record<string, never>, { start: number; stop: number; num: number }>(
    (b, _, { start, stop, num }) => {
      const step = (stop - start) / (num - 1);
      const values = new Float32Array(num);
      for (let i = 0; i < num; i++) values[i] = i === 0 ? start : (values[i - 1] as number) + step;
      return b.literal(values, [num], 'float32');
    },
  ),
  Complex: kernel<{ real: TensorInfo; imag: TensorInfo }>((b, { real, imag }) =>
    b.complex(b.output(b.node(real)), b.output(b.node(imag))),
  ),
  /** larger · √(1 + (smaller / larger)²), which avoids overflow and underflow. */
  ComplexAbs: kernel<UnaryInput>((b, { x }) => {
    const { real, imag } = b.complexParts(x);
    const [first, second] = [unary(b, 'Abs', b.node(real)), unary(b, 'Abs', b.node(imag))];
    const larger = binary(b, 'Max', first, second);
    // No 0 / 0; and no small number in the place of 0, which engines without denormals take for 0.
    const isZero = b.op('Equal', [larger, b.scalar(0)], larger.shape, 'bool');
    const divisor = select(b, isZero, b.scalar(1), larger);
    const ratio = binary(b, 'Div', binary(b, 'Min', first, second), divisor);
    const sum = withScalar(b, 'Add', binary(b, 'Mul', ratio, ratio), 1);
    return b.output(binary(b, 'Mul', larger, unary(b, 'Sqrt', sum)));
  }),
  Real: kernel<{ input: TensorInfo }>((b, { input }) =>
    b.output(b.node(b.complexParts(input).real)),
  ),
  Imag: kernel<{ input: TensorInfo }>((b, { input }) =>
    b.output(b.node(b.complexParts(input).imag)),
  ),
} satisfies Record<string, Kernel>;
