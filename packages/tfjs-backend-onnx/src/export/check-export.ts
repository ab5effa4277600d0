import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Checks } from '../checks';
import { checkOptions, notNegative } from '../checks';
import { sameShape } from '../graph/types';
import type { RuntimeTensor } from '../runtime';
import { exportError } from './errors';
import type { ExportedModel } from './export-onnx';
import { namedLeaves } from './named-leaves';
import { ExportSession, isTensor, type Results } from './open-export';

export interface CheckOptions {
  /**
   * The largest allowed difference, relative to 1 + the largest magnitude of the output. Default
   * 1e-4.
   */
  readonly tolerance?: number;
}

const CHECKS: Checks<CheckOptions> = { tolerance: notNegative };

/** The differences between the results of the model and the function. */
export interface ExportCheck {
  /** The largest absolute difference over all outputs. */
  readonly maxDifference: number;
  /** The largest absolute difference by output. */
  readonly outputs: Readonly<Record<string, number>>;
}

/**
 * Runs the exported model on ONNX Runtime and the function on the current backend, and compares.
 * Call it also with batch sizes at which the function was not traced.
 *
 * @throws OnnxBackendError `export` when shapes or values differ by more than the tolerance,
 *   `runtime` when ONNX Runtime refuses the model, `options` for a tolerance that is not a number.
 */
export function checkExport<Inputs extends object>(
  exported: ExportedModel,
  f: (inputs: Inputs) => object,
  inputs: Inputs,
  options: CheckOptions = {},
): ExportCheck {
  checkOptions('checkExport', options, CHECKS);
  const { tolerance = 1e-4 } = options;
  const results = resultsOf(exported, inputs);
  const leaves = namedLeaves(
    tidy(() => f(inputs) as TensorContainer),
    isTensor,
    'the results',
  );
  try {
    const wanted = new Map(leaves.map(({ path, leaf }) => [path, leaf]));
    const outputs = Object.fromEntries(
      exported.outputs.map(({ path, name }) => {
        const want = wanted.get(path);
        if (want === undefined) throw exportError(`the function returned no '${path}'.`);
        return [name, compare(name, results[name] as RuntimeTensor, want, tolerance)];
      }),
    );
    return { maxDifference: Math.max(...Object.values(outputs)), outputs };
  } finally {
    const passed = new Set(namedLeaves(inputs, isTensor, 'the inputs').map(({ leaf }) => leaf));
    dispose(leaves.flatMap(({ leaf }) => (passed.has(leaf) ? [] : [leaf])));
  }
}

function resultsOf(exported: ExportedModel, inputs: object): Results {
  const session = new ExportSession(exported);
  try {
    return session.run(inputs);
  } finally {
    session.dispose();
  }
}

function compare(name: string, got: RuntimeTensor, want: Tensor, tolerance: number): number {
  if (!sameShape(got.dims, want.shape)) {
    throw exportError(
      `the output '${name}' has the shape [${got.dims.join()}] in the exported model, in the ` +
        `function [${want.shape.join()}]: the function does something else at this size.`,
    );
  }
  const values = want.dataSync();
  let scale = 1;
  for (const value of values) {
    if (Number.isFinite(value)) scale = Math.max(scale, 1 + Math.abs(value));
  }
  let largest = 0;
  values.forEach((value, i) => {
    const other = got.data[i] as number;
    if (Object.is(value, other) || value === other) return;
    const difference = Math.abs(value - other);
    if (!(difference <= tolerance * scale)) {
      throw exportError(
        `the output '${name}' is ${other} at element ${i} in the exported model, in the function ` +
          `${value}; expected a difference of at most ${tolerance * scale} in this output.`,
      );
    }
    largest = Math.max(largest, difference);
  });
  return largest;
}
