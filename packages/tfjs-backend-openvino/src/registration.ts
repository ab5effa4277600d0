import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { registerBackend } from '@tensorflow/tfjs-core';
import { OpenvinoExecutor } from './execution/openvino-executor';
import { findLibrary } from './library/find-library';
import { Core } from './openvino/core';
import type { Precision } from './openvino/core';
import { requireBf16 } from './openvino/processor';
import type { OpenvinoBackendOptions } from './options';
import { checkOptions, defaultThreads } from './options';

/** Below all of tfjs's backends: it is never chosen unless it is named. */
const PRIORITY = 0;
const DEFAULT_POOL = 2 ** 30;

/** The tfjs name of the backend: `onnx:openvino`, or `onnx:openvino-bf16` for products in bf16. */
export function backendName(precision: Precision = 'float32'): string {
  return precision === 'bf16' ? 'onnx:openvino-bf16' : 'onnx:openvino';
}

/**
 * Creates a backend and registers its kernels. The caller registers the backend with tfjs.
 * @throws OpenvinoBackendError `options` for an unknown or wrong option, `library` if OpenVINO is
 *   not found or does not load, `precision` for bf16 on a processor without it.
 */
export function createOpenvinoBackend(options: OpenvinoBackendOptions = {}): OnnxBackend {
  checkOptions(options);
  const { precision = 'float32', library, threads = defaultThreads(), ...limits } = options;
  registerKernels(backendName(precision));
  const core = Core.open(library ?? findLibrary());
  try {
    if (precision === 'bf16') requireBf16(core);
  } catch (error) {
    core.destroy();
    throw error;
  }
  const executor = new OpenvinoExecutor(
    core,
    { threads, precision },
    limits.maxPooledBytes ?? DEFAULT_POOL,
  );
  return new OnnxBackend(limits, executor);
}

/**
 * Registers a backend with tfjs under the name of its precision (see `backendName`), and returns
 * that name. `setBackend` creates the backend.
 * @throws OpenvinoBackendError `options` for an unknown or wrong option.
 */
export function registerOpenvinoBackend(options: OpenvinoBackendOptions = {}): string {
  checkOptions(options);
  const name = backendName(options.precision);
  registerKernels(name);
  registerBackend(name, () => createOpenvinoBackend(options), PRIORITY);
  return name;
}
