import {
  findBackend,
  getKernel,
  getKernelsForBackend,
  registerKernel,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** The part of a tfjs backend that is needed here: synchronous reading and writing. */
interface SynchronousBackend {
  write(values: unknown, shape: number[], dtype: string): object;
  readSync(dataId: object): unknown;
  disposeData(dataId: object, force?: boolean): boolean;
}

/** An input of a kernel: some take lists of tensors, and an optional one may be absent. */
type Input = TensorInfo | readonly TensorInfo[] | null | undefined;

/** Kernels of complex numbers, which `wasm` cannot store. */
const complex = ['Complex', 'Real', 'Imag', 'FFT', 'IFFT'];

/**
 * Registers, for a backend, the kernels that it lacks and tfjs's cpu backend has: inputs are copied
 * to the cpu backend and results copied back. tfjs's `wasm` lacks the gradients of convolutions and
 * embeddings among others, and could train hardly any model without them.
 *
 * @param lender a cpu backend that is used for nothing else.
 */
export function borrowKernels(backendName: string, lender: SynchronousBackend): void {
  for (const config of getKernelsForBackend('cpu')) {
    const { kernelName } = config;
    // There may be no kernel, although tfjs's type says there is.
    const own = getKernel(kernelName, backendName) as KernelConfig | undefined;
    if (own !== undefined || complex.includes(kernelName)) continue;
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: onLender(config.kernelFunc, backendName, lender),
    });
  }
}

function onLender(kernel: KernelFunc, backendName: string, lender: SynchronousBackend): KernelFunc {
  return ({ inputs, attrs }) => {
    const home = findBackend(backendName) as unknown as SynchronousBackend;
    const lent = new Set<object>();
    const lend = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => {
      const copy = lender.write(home.readSync(dataId), shape, dtype);
      lent.add(copy);
      // Some kernels read the rank, which TensorInfo lacks.
      return { dataId: copy, shape, dtype, rank: shape.length } as TensorInfo;
    };
    const lendEach = (input: Input): Input => {
      if (input === undefined || input === null) return input;
      return isList(input) ? input.map(lend) : lend(input);
    };
    try {
      const copies = Array.isArray(inputs)
        ? inputs.map(lend)
        : Object.fromEntries(
            Object.entries(inputs).map(([name, input]) => [name, lendEach(input)]),
          );
      const result = kernel({ inputs: copies as typeof inputs, attrs, backend: lender });
      const outputs = [result].flat().map(({ dataId, shape, dtype }) => {
        lent.add(dataId);
        return { dataId: home.write(lender.readSync(dataId), shape, dtype), shape, dtype };
      });
      return Array.isArray(result) ? outputs : outputs[0]!;
    } finally {
      for (const dataId of lent) lender.disposeData(dataId, true);
    }
  };
}

function isList(input: TensorInfo | readonly TensorInfo[]): input is readonly TensorInfo[] {
  return Array.isArray(input);
}
