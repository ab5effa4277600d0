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

/** How a kernel with padding comes from the one without. */
interface PaddingRule {
  /** The input [B, H, W, C] that is padded, and with what. */
  readonly padded?: string;
  readonly value?: number;
  /** The result is the gradient of a padded input: its margins are cut off. */
  readonly cropped?: boolean;
}

const rules: Readonly<Record<string, PaddingRule>> = {
  Conv2D: { padded: 'x' },
  Conv2DBackpropFilter: { padded: 'x' },
  Conv2DBackpropInput: { cropped: true },
  MaxPool: { padded: 'x', value: -Infinity },
  MaxPoolGrad: { padded: 'input', value: -Infinity, cropped: true },
};

/** Marks kernels that were replaced, so that this is done once. */
const marker = Symbol.for('crossweave.padding');

/**
 * Teaches a backend convolutions and max pooling whose padding is a number of pixels: the input
 * is padded, then the backend's own kernel runs as `valid`. tfjs-node knows no such padding.
 */
export function addPixelPadding(backendName: string): void {
  for (const [kernelName, rule] of Object.entries(rules)) {
    // tfjs's type leaves out that there may be none.
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
    // tfjs hands kernels the tensors it was given.
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
