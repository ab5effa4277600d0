import {
  engine,
  getKernel,
  pad,
  registerKernel,
  slice,
  tidy,
  unregisterKernel,
  type KernelFunc,
  type Tensor4D,
} from '@tensorflow/tfjs-core';

/** How to compute a kernel with pixel padding by the kernel without padding. */
interface PaddingRule {
  /** Name of the input [B, H, W, C] that is padded. */
  readonly padded?: string;
  readonly value?: number;
  /** Whether the result is the gradient of a padded input, so that its margins are cut off. */
  readonly cropped?: boolean;
}

const rules: Readonly<Record<string, PaddingRule>> = {
  Conv2D: { padded: 'x' },
  Conv2DBackpropFilter: { padded: 'x' },
  Conv2DBackpropInput: { cropped: true },
  MaxPool: { padded: 'x', value: -Infinity },
  MaxPoolGrad: { padded: 'input', value: -Infinity, cropped: true },
};

/** Marks replaced kernels, so that each is replaced once. */
const marker = Symbol.for('crossweave.padding');

/**
 * Adds padding in pixels to a backend's convolutions and max pooling, which tfjs-node does not
 * support: the input is padded, then the backend's kernel runs with `valid` padding.
 */
export function addPixelPadding(backendName: string): void {
  for (const [kernelName, rule] of Object.entries(rules)) {
    // There may be no kernel, although tfjs's type says there is.
    const config = getKernel(kernelName, backendName) as ReturnType<typeof getKernel> | undefined;
    if (config === undefined || marker in config.kernelFunc) continue;
    const kernelFunc = Object.assign(padFirst(kernelName, config.kernelFunc, rule), {
      [marker]: true,
    });
    unregisterKernel(kernelName, backendName);
    registerKernel({ ...config, kernelFunc });
  }
}

function padFirst(
  kernelName: string,
  kernel: KernelFunc,
  { padded, value = 0, cropped = false }: PaddingRule,
): KernelFunc {
  return (call) => {
    const attributes = { ...call.attrs };
    const margin = attributes['pad'];
    const channelsLast = (attributes['dataFormat'] ?? 'NHWC') === 'NHWC';
    if (typeof margin !== 'number' || margin === 0 || !channelsLast) return kernel(call);
    // The inputs of a kernel are tensors, although their type is TensorInfo.
    const inputs = { ...call.inputs } as Record<string, Tensor4D>;
    const input = padded === undefined ? undefined : inputs[padded];
    const shape = (attributes['inputShape'] ?? input?.shape) as Tensor4D['shape'];
    return tidy(() => {
      if (padded !== undefined && input !== undefined) {
        const sides: [number, number] = [margin, margin];
        inputs[padded] = pad(input, [[0, 0], sides, sides, [0, 0]], value);
      }
      if (attributes['inputShape'] !== undefined) {
        const [batch, height, width, channels] = shape;
        attributes['inputShape'] = [batch, height + 2 * margin, width + 2 * margin, channels];
      }
      const result: Tensor4D = engine().runKernel(kernelName, inputs, {
        ...attributes,
        pad: 'valid',
      });
      return cropped ? slice(result, [0, margin, margin, 0], shape) : result;
    });
  };
}
