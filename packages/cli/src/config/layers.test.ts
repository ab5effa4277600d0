import { scalar, setBackend } from '@tensorflow/tfjs-core';
import { initialShapes, type Params } from '@crossweave/core';
import { createImageEncoder, imageEncoders } from '@crossweave/image-encoder';
import { createTextEncoder, textEncoders } from '@crossweave/text-encoder';
import { freeze, layerDecay } from '@crossweave/trainer';
import { expect, it } from 'vitest';

/** A model of the same paths, which is all that freezing and decay look at. */
const named = (paths: readonly string[]) => ({
  init: (): Params => Object.fromEntries(paths.map((path) => [path, scalar(0)])),
});

const tokenizer = { name: 'words', vocabularySize: 40, padId: 0, endId: 3 };
const encoders = [
  ...Object.keys(imageEncoders).map((name) => ['image', name, createImageEncoder(name)] as const),
  ...Object.keys(textEncoders).map((name) => {
    return ['text', name, createTextEncoder(name, {}, { tokenizer })] as const;
  }),
];

it.each(encoders)('%s: the layers of %s are known', async (part, _, encoder) => {
  await setBackend('cpu');
  const paths = Object.keys(initialShapes(encoder)).map((path) => `${part}.${path}`);
  const model = named(paths);
  const scales = paths.map(layerDecay(model, { [part]: 0.5 }));
  // Every layer learns at half the rate of the next, and the head (or the last layer) fastest.
  const distinct = [...new Set(scales)].sort((a, b) => b - a);
  expect(distinct.length).toBeGreaterThan(2);
  distinct.slice(1).forEach((value, i) => expect(value).toBe(distinct[i]! / 2));
  expect(distinct[0]).toBeGreaterThanOrEqual(0.5);

  const frozen = freeze(model, { [part]: { layers: 1 } });
  const kept = paths.filter(frozen);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(scales.length);
});
