import {
  findBackend,
  getKernel,
  getKernelsForBackend,
  registerKernel,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** What this needs of a tfjs backend: values go in and out at once. */
interface SynchronousBackend {
  write(values: unknown, shape: number[], dtype: string): object;
  readSync(dataId: object): unknown;
  disposeData(dataId: object, force?: boolean): boolean;
}

/** An input of a kernel: some take lists of tensors, and an optional one may be absent. */
type Input = TensorInfo | readonly TensorInfo[] | null | undefined;

/** Of numbers that `wasm` has no place for. */
const complex = ['Complex', 'Real', 'Imag', 'FFT', 'IFFT'];

/**
 * Gives a backend the kernels that it lacks and tfjs's cpu backend has: inputs are copied there,
 * results back. tfjs's `wasm` lacks the gradients of convolutions and embeddings among others, so
 * that it could train hardly any model.
 *
 * @param lender a cpu backend of its own
 */
export function borrowKernels(backendName: string, lender: SynchronousBackend): void {
  for (const config of getKernelsForBackend('cpu')) {
    const { kernelName } = config;
    // tfjs's type leaves out that there may be none.
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
      // Some kernels expect a tensor, which knows its rank.
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
