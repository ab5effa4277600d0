import {
  getBackend,
  memory,
  mul,
  sum,
  tidy,
  type Rank,
  type Scalar,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import {
  disposeParams,
  isBuffer,
  key,
  normal,
  partition,
  treeGradients,
  type Context,
  type Encoder,
  type Params,
} from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { clipResNet } from './clip-resnet/presets';
import { convNext } from './convnext/convnext';
import { mobileNetV3 } from './mobilenet/presets';
import { resnet } from './resnet/presets';

const inverted = { kernel: 3, expanded: 12, out: 6, stride: 1 } as const;
const encoders: Readonly<Record<string, Encoder<Tensor4D>>> = {
  resnet: resnet({ layers: [2, 2], widths: [4, 6], imageSize: 16, dropPath: 0.3 }),
  mobilenet: mobileNetV3({
    ...{ stemWidth: 6, imageSize: 16, dropPath: 0.3 },
    blocks: [
      { ...inverted, squeeze: true, activation: 'relu' },
      { ...inverted, squeeze: false, activation: 'hardSwish' },
    ],
  }),
  'clip-resnet': clipResNet({
    ...{ layers: [1, 1], widths: [4, 4], heads: 2, projection: 4, imageSize: 16, dropPath: 0.3 },
  }),
  convnext: convNext({
    imageSize: 16,
    layers: [2, 2],
    widths: [4, 6],
    patchSize: 2,
    dropPath: 0.3,
  }),
};

interface Pass {
  readonly value: number;
  readonly gradients: Readonly<Record<string, number[]>>;
  /** The values of each call of `record`, by path. */
  readonly recorded: Readonly<Record<string, number[][]>>;
  /** Bytes of the tensors that the forward pass leaves alive when it is done. */
  readonly bytes: number;
}

function pass(encoder: Encoder<Tensor4D>, params: Params, recompute: boolean): Pass {
  return tidy(() => {
    const recorded: Record<string, number[][]> = {};
    const ctx: Context = {
      ...{ training: true, key: key(2), recompute },
      record(path, value) {
        (recorded[path] ??= []).push([...value.dataSync()]);
        value.dispose();
      },
    };
    const image = normal<Rank.R4>(key(1), [3, 16, 16, 3]);
    const [trained] = partition(params, (path) => !isBuffer(path));
    const held = memory().numBytes;
    let bytes = 0;
    const found = treeGradients((): Scalar => {
      const { tokens } = encoder.apply(params, image, ctx);
      const total: Scalar = sum(mul(tokens, normal(key(3), tokens.shape)));
      bytes = memory().numBytes - held;
      return total;
    }, trained);
    const gradients = Object.entries(found.gradients).map(([path, x]) => [path, [...x.dataSync()]]);
    return {
      value: found.value.dataSync()[0]!,
      gradients: Object.fromEntries(gradients) as Record<string, number[]>,
      ...{ recorded, bytes },
    };
  });
}

/** To 1e-4 of the largest number, or 1e-5: what is 0 but for rounding is noise. */
function expectNear(got: number | readonly number[], wanted: typeof got, what: string): void {
  const [values, others] = [got, wanted].map((list) => [list].flat());
  const largest = Math.max(...others!.map(Math.abs));
  values!.forEach((value, i) => {
    expect(Math.abs(value - others![i]!), what).toBeLessThanOrEqual(1e-4 * largest + 1e-5);
  });
}

describe.each(Object.entries(encoders))('%s that is computed again', (_name, encoder) => {
  it('has the same values, gradients and statistics, and holds less', () => {
    const params = encoder.init(key(0));
    const before = memory().numTensors;
    const [plain, again] = [pass(encoder, params, false), pass(encoder, params, true)];
    if (getBackend().startsWith('xla:')) {
      // XLA rounds a layer as suits the kernels that it becomes part of, and takes it apart anew.
      expectNear(again.value, plain.value, 'value');
      for (const [path, values] of Object.entries(again.gradients)) {
        expectNear(values, plain.gradients[path]!, `gradient of ${path}`);
      }
      for (const [path, [values]] of Object.entries(again.recorded)) {
        expectNear(values!, plain.recorded[path]![0]!, path);
      }
    } else {
      expect(again.value).toBe(plain.value);
      expect(again.gradients).toEqual(plain.gradients);
      expect(again.recorded).toEqual(plain.recorded);
    }
    expect(Object.values(again.recorded).every((calls) => calls.length === 1)).toBe(true);
    expect(again.bytes).toBeLessThan(0.65 * plain.bytes);
    expect(memory().numTensors).toBe(before);
    disposeParams(params);
  });
});
