import { createRequire } from 'node:module';
import type { Values } from './graph/types';
import { OnnxBackendError } from './errors';

/** A tensor of ONNX Runtime. */
export interface RuntimeTensor {
  /** Throws for a tensor on a device. */
  readonly data: Values;
  readonly dims: readonly number[];
  /** The binding's handle of the device buffer; throws for a tensor in an array. */
  readonly gpuBuffer: object;
  /** Frees the buffer of a tensor that a session returned. */
  dispose(): void;
}

type Feeds = Readonly<Record<string, RuntimeTensor>>;
type Fetches = Readonly<Record<string, RuntimeTensor | null>>;

/** ONNX Runtime's native session; unlike the public class, its `run` is synchronous. */
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
    new (dtype: string, values: Values | BigInt64Array, shape: readonly number[]): RuntimeTensor;
    /** The same buffer with a different shape. The buffer still belongs to the original tensor. */
    fromGpuBuffer(
      buffer: object,
      options: { readonly dataType: string; readonly dims: readonly number[] },
    ): RuntimeTensor;
  };
}

let loaded: Runtime | undefined;

/**
 * Loads ONNX Runtime's binding on first use. Its public API is asynchronous, and tfjs needs
 * synchronous reads, so the native session below it is used.
 * @throws OnnxBackendError `runtime` if the native library does not load on this machine.
 */
export function loadRuntime(): Runtime {
  if (loaded !== undefined) return loaded;
  const load = createRequire(import.meta.url);
  try {
    const folder = runtimeFolder(load);
    const native = load(`${folder}/dist/binding.js`) as {
      binding: { InferenceSession: Runtime['Session'] };
      initOrt: () => void;
    };
    const { Tensor } = load(`${folder}/dist/index.js`) as { Tensor: Runtime['Tensor'] };
    native.initOrt();
    loaded = { Session: native.binding.InferenceSession, Tensor };
    return loaded;
  } catch (cause) {
    throw new OnnxBackendError(
      'runtime',
      `ONNX Runtime did not load on ${process.platform}-${process.arch}: ` +
        `${cause instanceof Error ? cause.message : String(cause)} ` +
        'ONNX Runtime supports Linux with glibc (x64, arm64), macOS (arm64) and Windows (x64, arm64); ' +
        'on any other platform use the engine "wasm".',
      undefined,
      { cause },
    );
  }
}

/**
 * The folder of the program's `onnxruntime-node` if its version is the one that this package was
 * built with, since it may have CUDA's libraries, and a process should not load the library twice.
 * Else the folder of the copy in this package.
 */
export function runtimeFolder(load: NodeJS.Require): string {
  const { env } = load('onnxruntime-common') as { env: { versions: { common: string } } };
  try {
    const { version } = load('onnxruntime-node/package.json') as { version: string };
    if (version === env.versions.common) return 'onnxruntime-node';
  } catch {
    // onnxruntime-node is an optional peer dependency and may be missing.
  }
  return '../onnxruntime';
}
