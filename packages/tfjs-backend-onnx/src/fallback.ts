import { createRequire } from 'node:module';
import type {
  KernelConfig,
  NamedAttrMap,
  NamedTensorInfoMap,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { getKernel } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from './backend';
import { OnnxBackendError } from './errors';
import type { Values } from './graph/types';

/** An input of a kernel: some take lists of tensors, and an optional one may be absent. */
type Input = TensorInfo | readonly TensorInfo[] | null | undefined;

/** Methods of tfjs's cpu backend that its kernels use and tfjs's interface of backends lacks. */
interface CpuBackend {
  write(values: unknown, shape: number[], dtype: string): object;
  readSync(dataId: object): unknown;
  disposeData(dataId: object, force?: boolean): boolean;
}

let cpu: CpuBackend | undefined;

function loadCpu(kernelName: string): CpuBackend {
  if (cpu !== undefined) return cpu;
  try {
    const module = createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu') as {
      MathBackendCPU: new () => CpuBackend;
    };
    cpu = new module.MathBackendCPU();
    return cpu;
  } catch (cause) {
    throw new OnnxBackendError(
      'unsupported-op',
      `${kernelName} has no ONNX form and runs on tfjs's cpu kernels, ` +
        'which need the package @tensorflow/tfjs-backend-cpu. Install it.',
      kernelName,
      { cause },
    );
  }
}

function copyIn(
  onnx: OnnxBackend,
  host: CpuBackend,
  { dataId, shape, dtype }: TensorInfo,
): TensorInfo {
  // Some of tfjs's cpu kernels read the rank, which TensorInfo lacks.
  const described = { shape, dtype, rank: shape.length };
  if (dtype !== 'complex64') {
    return { dataId: host.write(onnx.readSync(dataId), shape, dtype), ...described };
  }
  const { real, imag } = onnx.kernels.complexParts({ dataId, shape, dtype });
  const inputs = { real: copyIn(onnx, host, real), imag: copyIn(onnx, host, imag) };
  const joined = getKernel('Complex', 'cpu').kernelFunc({ inputs, backend: host }) as TensorInfo;
  host.disposeData(inputs.real.dataId);
  host.disposeData(inputs.imag.dataId);
  return { dataId: joined.dataId, ...described };
}

function copyOut(
  onnx: OnnxBackend,
  host: CpuBackend,
  { dataId, shape, dtype }: TensorInfo,
): TensorInfo {
  const values = host.readSync(dataId) as Values;
  if (dtype !== 'complex64') return { dataId: onnx.write(values, shape, dtype), shape, dtype };
  const part = (offset: 0 | 1): TensorInfo => {
    const numbers = values.filter((_, i) => i % 2 === offset);
    return { dataId: onnx.write(numbers, shape, 'float32'), shape, dtype: 'float32' };
  };
  return onnx.kernels.complex(part(0), part(1));
}

const isList = (input: unknown): input is readonly TensorInfo[] => Array.isArray(input);

function cpuKernel(kernelName: string): KernelConfig {
  const found = getKernel(kernelName, 'cpu') as KernelConfig | undefined;
  if (found !== undefined) return found;
  throw new OnnxBackendError(
    'unsupported-op',
    `Neither the onnx backend nor tfjs's cpu backend has the kernel ${kernelName}.`,
    kernelName,
  );
}

/**
 * Runs a kernel of tfjs's cpu backend: inputs are computed and copied to it, results are copied
 * back.
 */
export function runOnCpu(
  kernelName: string,
  onnx: OnnxBackend,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap,
): TensorInfo | TensorInfo[] {
  if (onnx.isTracing) throw cannotBeTraced(kernelName);
  const host = loadCpu(kernelName);
  const { kernelFunc } = cpuKernel(kernelName);
  const used = new Set<object>();
  const copy = (info: TensorInfo): TensorInfo => {
    const copied = copyIn(onnx, host, info);
    used.add(copied.dataId);
    return copied;
  };
  const copyEach = (input: Input): Input => {
    if (input === undefined || input === null) return input;
    return isList(input) ? input.map(copy) : copy(input);
  };
  try {
    const copied = isList(inputs)
      ? inputs.map(copy)
      : Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, copyEach(input)]));
    const result = kernelFunc({ inputs: copied as NamedTensorInfoMap, attrs, backend: host });
    const many = Array.isArray(result) ? result : [result];
    for (const { dataId } of many) used.add(dataId);
    const outputs = many.map((info) => copyOut(onnx, host, info));
    return Array.isArray(result) ? outputs : (outputs[0] as TensorInfo);
  } finally {
    for (const dataId of used) host.disposeData(dataId, true);
  }
}

function cannotBeTraced(kernelName: string): OnnxBackendError {
  return new OnnxBackendError(
    'unsupported-op',
    `${kernelName} has no ONNX form and runs on tfjs's cpu kernels, which a function that is ` +
      'traced (by jit or exportOnnx) cannot use. Compute it outside of the function, or with different operations.',
    kernelName,
  );
}
