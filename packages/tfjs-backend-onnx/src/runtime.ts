import { createRequire } from 'node:module';
import type { Values } from './graph/types';
import { OnnxBackendError } from './errors';

/** A tensor as ONNX Runtime takes and returns it. */
export interface RuntimeTensor {
  /** Throws for a tensor on a device. */
  readonly data: Values;
  readonly dims: readonly number[];
  /** A handle that the binding understands; throws for a tensor in an array. */
  readonly gpuBuffer: object;
  /** Frees the buffer of a tensor that a session returned. */
  dispose(): void;
}

type Feeds = Readonly<Record<string, RuntimeTensor>>;
type Fetches = Readonly<Record<string, RuntimeTensor | null>>;

/** ONNX Runtime's native session; unlike the public one, its `run` returns at once with values. */
export interface NativeSession {
  loadModel(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength: number,
    options: Readonly<Record<string, unknown>>,
  ): void;
  run(feeds: Feeds, fetches: Fetches, options: object): Record<string, RuntimeTensor>;
  dispose(): void;
  endProfiling(): void;
}

export interface Runtime {
  readonly Session: new () => NativeSession;
  readonly Tensor: {
    new (dtype: string, values: Values, shape: readonly number[]): RuntimeTensor;
    /** The same buffer under another shape; it belongs to the tensor that was returned. */
    fromGpuBuffer(
      buffer: object,
      options: { readonly dataType: string; readonly dims: readonly number[] },
    ): RuntimeTensor;
  };
}

let loaded: Runtime | undefined;

/**
 * Loads `onnxruntime-node` on first use. Its public API is asynchronous only, while tfjs needs
 * synchronous reads, so the binding underneath is taken.
 * @throws OnnxBackendError `runtime` if the native library does not load on this machine.
 */
export function loadRuntime(): Runtime {
  if (loaded !== undefined) return loaded;
  const load = createRequire(import.meta.url);
  try {
    const native = load('onnxruntime-node/dist/binding.js') as {
      binding: { InferenceSession: Runtime['Session'] };
      initOrt: () => void;
    };
    const { Tensor } = load('onnxruntime-node') as { Tensor: Runtime['Tensor'] };
    native.initOrt();
    loaded = { Session: native.binding.InferenceSession, Tensor };
    return loaded;
  } catch (cause) {
    throw new OnnxBackendError(
      'runtime',
      `onnxruntime-node did not load on ${process.platform}-${process.arch}: ` +
        `${cause instanceof Error ? cause.message : String(cause)} ` +
        'Install it (npm: set ONNXRUNTIME_NODE_INSTALL=skip where CUDA hosts are not reachable).',
      undefined,
      { cause },
    );
  }
}
