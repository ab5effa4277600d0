import '@crossweave/tfjs-backend-onnx/register';
import {
  dispose,
  matMul,
  mul,
  relu,
  setBackend,
  tensor1d,
  tensor2d,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { key, normalArray, type FrozenEncoder, type PairSplit } from '@crossweave/core';
import { compareFidelity, encodeSplit, requireFidelity, type FeatureCache } from '@crossweave/lab';
import { exportOnnx, openExport, type OpenExport } from '@crossweave/tfjs-backend-onnx';
import { beforeAll, expect, it } from 'vitest';

const [PAIRS, WIDTH, HIDDEN] = [64, 32, 64];
const numbers = (seed: number, count: number): number[] => [...normalArray(key(seed), count)];

const inputs = numbers(1, PAIRS * WIDTH);
/** Pair i: a vector, for the image and, with noise, for the caption. */
const split: PairSplit<Tensor2D, Tensor2D> = {
  name: 'val',
  records: Array.from({ length: PAIRS }, (_, i) => ({ id: `p${i}`, captions: [`${i}`] })),
  images: (rows) => Promise.resolve(vectors(rows)),
  texts: (captions) => vectors(captions.map(Number)),
  textIdentity: (caption) => caption,
};
const vectors = (rows: readonly number[]): Tensor2D =>
  tensor2d(rows.map((row) => inputs.slice(row * WIDTH, (row + 1) * WIDTH)));

beforeAll(() => setBackend('onnx'));

interface Exported {
  readonly float32: OpenExport;
  readonly int8: OpenExport;
}

/**
 * Two layers. `outlier` scales one input of the second: 8 bits for the range of the largest number
 * leave none for the others, as in transformers with such channels (T. Dettmers et al.,
 * arXiv 2208.07339).
 */
function exported(outlier: number): Exported {
  const first = tensor2d(numbers(2, WIDTH * HIDDEN), [WIDTH, HIDDEN]);
  const scales = tensor1d(Array.from({ length: HIDDEN }, (_, i) => (i === 0 ? outlier : 1)));
  const inverse = numbers(3, HIDDEN * WIDTH).map((w, i) => (i < WIDTH ? w / outlier : w));
  const second = tensor2d(inverse, [HIDDEN, WIDTH]);
  const f = ({ x }: { x: Tensor }): Tensor =>
    matMul(mul(relu(matMul(x as Tensor2D, first)), scales), second);
  const shape = { x: { shape: ['batch', WIDTH] } };
  try {
    return {
      float32: openExport(exportOnnx(f, shape)),
      int8: openExport(exportOnnx(f, shape, { int8: {} })),
    };
  } finally {
    dispose([first, scales, second]);
  }
}

const frozen = (model: OpenExport): FrozenEncoder<Tensor2D> => ({
  name: 'exported',
  features: { dim: WIDTH, tokens: 0 },
  fingerprint: 'exported',
  encode: (x) => Promise.resolve({ pooled: model.run({ x })['output'] } as never),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

async function fidelityOf(outlier: number): Promise<ReturnType<typeof compareFidelity>> {
  const { float32, int8 } = exported(outlier);
  const encode = (model: OpenExport): Promise<FeatureCache> =>
    encodeSplit({ split, image: frozen(model), text: frozen(float32) });
  try {
    return compareFidelity(await encode(float32), await encode(int8));
  } finally {
    for (const model of [float32, int8]) model[Symbol.dispose]();
  }
}

it('lets a tower pass that 8 bits suffice for', async () => {
  const fidelity = await fidelityOf(1);
  expect(fidelity.cosine.image.mean).toBeLessThan(1);
  requireFidelity(fidelity);
});

it('refuses a tower that int8 spoils, with the figures', async () => {
  const fidelity = await fidelityOf(3000);
  const { mean } = fidelity.cosine.image;
  expect(() => {
    requireFidelity(fidelity);
  }).toThrow(
    new RegExp(
      `the image tower is not what it is in float32; expected .* at least 0.99; got ${mean.toFixed(4)}`,
    ),
  );
  expect(fidelity.recall.i2t.float32 - fidelity.recall.i2t.low).toBeGreaterThan(0.01);
  expect(() => {
    requireFidelity(fidelity, { cosine: 0 });
  }).toThrow('the towers find less than in float32');
});
