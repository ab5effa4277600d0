import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import { Tensor as TensorClass, tensor } from '@tensorflow/tfjs-core';
import { OnnxBackendError, fromRuntime } from '../errors';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';
import { exportError } from './errors';
import type { ExportedModel } from './export-onnx';
import { namedLeaves } from './named-leaves';

export type Results = Readonly<Record<string, RuntimeTensor>>;

export const isTensor = (value: unknown): value is Tensor => value instanceof TensorClass;

/** A model that `exportOnnx` wrote, on ONNX Runtime. It is the caller's to dispose. */
export interface OpenExport {
  /**
   * Computes the outputs, by name, as tensors of the current backend. @param inputs tensors as the
   * exported function takes them.
   * @throws OnnxBackendError `export` for a missing input, `runtime` when ONNX Runtime refuses.
   */
  run(inputs: object): Record<string, Tensor>;
  [Symbol.dispose](): void;
}

/**
 * Opens an exported model as other programs will see it: to measure on data of your own what `int8`
 * costs, before you use it.
 *
 * @throws OnnxBackendError `runtime` when ONNX Runtime refuses the model.
 */
export function openExport(exported: ExportedModel): OpenExport {
  const session = new ExportSession(exported);
  return {
    run(inputs) {
      const results = session.run(inputs);
      return Object.fromEntries(
        exported.outputs.map(({ name, dtype }) => {
          const { data, dims } = results[name] as RuntimeTensor;
          return [name, tensor(data, [...dims], dtype as DataType)];
        }),
      );
    },
    [Symbol.dispose]: () => {
      session.dispose();
    },
  };
}

/** The session of an exported model. */
export class ExportSession {
  private session: NativeSession | null;

  /** @throws OnnxBackendError `runtime` when ONNX Runtime refuses the model. */
  constructor(private readonly exported: ExportedModel) {
    const { model, externalData } = exported;
    const files =
      externalData === null ? [] : [{ path: externalData.location, data: externalData.data }];
    this.session = new (loadRuntime().Session)();
    try {
      const options = { externalData: files, logSeverityLevel: 3 };
      this.session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
    } catch (cause) {
      throw fromRuntime(cause, 'loading an exported model');
    }
  }

  /** @throws OnnxBackendError `export` for a missing input, `runtime` when ONNX Runtime refuses. */
  run(inputs: object): Results {
    if (this.session === null) {
      throw new OnnxBackendError('disposed', 'An exported model was used after it was disposed.');
    }
    const feeds = this.feedsOf(inputs);
    const names = this.exported.outputs.map(({ name }) => [name, null] as const);
    try {
      return this.session.run(feeds, Object.fromEntries(names), {});
    } catch (cause) {
      throw fromRuntime(cause, 'running an exported model');
    }
  }

  /** A second call does nothing. */
  dispose(): void {
    this.session?.dispose();
    this.session = null;
  }

  private feedsOf(inputs: object): Results {
    const { Tensor: Wrapped } = loadRuntime();
    const leaves = namedLeaves(inputs, isTensor, 'the inputs');
    const given = new Map(leaves.map(({ path, leaf }) => [path, leaf]));
    return Object.fromEntries(
      this.exported.inputs.map(({ path, name, int64 }) => {
        const value = given.get(path);
        if (value === undefined) throw exportError(`the input '${path}' is missing.`);
        const values = value.dataSync();
        const wrapped =
          int64 === true
            ? new Wrapped('int64', BigInt64Array.from(values, BigInt), value.shape)
            : new Wrapped(value.dtype, values, value.shape);
        return [name, wrapped];
      }),
    );
  }
}
