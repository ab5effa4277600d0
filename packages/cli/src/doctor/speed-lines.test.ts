import type { EngineSpeed } from '@crossweave/core/engine';
import { expect, it } from 'vitest';
import { speedLines } from './speed-lines';

const speed = (engine: string, precision: 'float32' | 'bf16', product: number): EngineSpeed => ({
  ...{ engine, precision, product },
  convolution: 4,
  elementwise: 2.5,
});

it('shows what was measured, and the fastest engine for each use beside onnx', () => {
  const lines = speedLines([
    speed('onnx', 'float32', 2),
    speed('onnx:openvino', 'float32', 2.5),
    speed('onnx:openvino', 'bf16', 0.5),
  ]);
  expect(lines).toEqual([
    '                          product  convolution  elementwise',
    'onnx                         2.00         4.00         2.50',
    'onnx:openvino                2.50         4.00         2.50',
    'onnx:openvino bf16          0.500         4.00         2.50',
    'fastest for training: onnx:openvino bf16, 1.6 times as fast as onnx',
    'fastest for features: onnx:openvino bf16, 2.0 times as fast as onnx',
  ]);
  expect(speedLines([speed('onnx', 'float32', 2)]).slice(-2)).toEqual([
    'fastest for training: onnx',
    'fastest for features: onnx',
  ]);
});

it('says why there is nothing', () => {
  expect(speedLines([])).toEqual([
    'not measured: other programs use the processor. Run doctor again when it is idle.',
  ]);
});
