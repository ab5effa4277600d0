import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import { readModel } from '../../test/read-model';
import { backend } from '../../test/train';
import { OnnxBackendError } from '../errors';
import { CONTRIB_OPS } from '../onnx/write';
import type { Operator } from '../graph/operators';
import type { Attributes } from '../graph/types';
import '../register';
import { checkExport } from './check-export';
import { exportOnnx } from './export-onnx';
import { LOWERINGS } from './lower';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

/** An operator of ONNX Runtime's own, as a kernel would add it. */
function operator(
  op: string,
  inputs: readonly tf.Tensor[],
  shape: readonly number[],
  attributes: Attributes | null = null,
): tf.Tensor {
  const onnx = backend();
  const { kernels } = onnx;
  const nodes = inputs.map((input) => kernels.node(input));
  const result = kernels.output(kernels.op(op as Operator, nodes, shape, 'float32', attributes));
  return tf.engine().makeTensorFromTensorInfo(result, onnx);
}

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 2, 'float32', seed);

/** Those of ONNX Runtime's own that standard ONNX cannot express. */
const refused = ['CropAndResize'];

it('has a standard form for every operator of ONNX Runtime that the engine may use, or refuses it', () => {
  expect([...Object.keys(LOWERINGS), ...refused].sort()).toEqual([...CONTRIB_OPS].sort());
  const boxes = tf.tensor2d([[0, 0, 1, 1]]);
  const crop = ({ image }: { image: tf.Tensor4D }): tf.Tensor =>
    tf.image.cropAndResize(image, boxes, tf.tensor1d([0], 'int32'), [2, 2]);
  try {
    exportOnnx(crop, { image: { shape: ['batch', 4, 4, 3] } });
    expect.unreachable();
  } catch (error) {
    expect(OnnxBackendError.is(error) && [error.code, error.op]).toEqual(['export', refused[0]]);
  }
});

it.each([
  [[3, 4], [5, 4], [3, 5], { transA: 0, transB: 1 }],
  [[4, 3], [4, 5], [3, 5], { transA: 1, transB: 0, alpha: { f: 0.5 } }],
  [[2, 4, 3], [2, 5, 4], [2, 3, 5], { transA: 1, transB: 1 }],
  [[2, 2, 3, 4], [2, 5, 4], [2, 2, 3, 5], { transA: 0, transB: 1, alpha: { f: -2 } }],
] as const)('FusedMatMul of %o and %o', (left, right, shape, attributes) => {
  const f = ({ a, b }: { a: tf.Tensor; b: tf.Tensor }): tf.Tensor =>
    operator('FusedMatMul', [a, b], shape, attributes);
  const inputs = { a: random([...left], 1), b: random([...right], 2) };
  const exported = exportOnnx(f, inputs, { dynamic: null });
  expect(readModel(exported.model).opsets).toEqual([['', 19]]);
  expect(readModel(exported.model).operators.map(({ domain }) => domain)).not.toContain(
    'com.microsoft',
  );
  expect(checkExport(exported, f, inputs).maxDifference).toBeLessThan(1e-5);
});

it.each([
  ['Gelu', 1],
  ['BiasGelu', 2],
  ['FastGelu', 1],
  ['FastGelu', 2],
])('%s of %i inputs', (op, count) => {
  const f = ({ x }: { x: tf.Tensor }): tf.Tensor =>
    operator(op, [x, bias].slice(0, count), x.shape);
  const bias = random([6], 3);
  const inputs = { x: random([4, 6], 4) };
  const exported = exportOnnx(f, inputs);
  expect(readModel(exported.model).opsets).toEqual([['', 19]]);
  expect(checkExport(exported, f, inputs).maxDifference).toBeLessThan(1e-5);
});
