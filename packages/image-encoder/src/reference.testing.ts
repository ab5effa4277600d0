import { getBackend, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { key, parameter, partition, type LayeredEncoder } from '@crossweave/core';
import { toOurParams, toTheirParams, type KeyMap } from '@crossweave/checkpoints';
import {
  expectClose,
  expectFixture,
  type Closeness,
  type FixtureCase,
} from '@crossweave/core/testing';
import { expect } from 'vitest';

/**
 * tfjs's cpu backend computes in float64, as the references do. Gradients in float32, PyTorch's own
 * too, are up to 4e-5 away from theirs.
 */
const closenessHere = (): Closeness => (getBackend() === 'cpu' ? {} : { rtol: 1e-4, atol: 1e-4 });

/**
 * Compares an encoder with a case of a reference: features, hidden states, running statistics (in
 * training), and the gradients of every parameter and of the picture. Call it inside `tidy`.
 */
export function expectReference(
  encoder: LayeredEncoder<Tensor4D>,
  reference: FixtureCase,
  training = false,
  closeness: Closeness = closenessHere(),
): void {
  const own = encoder.init(key(0));
  const shapesOf = (tree: Readonly<Record<string, Tensor>>): string[] =>
    Object.entries(tree)
      .map(([path, { shape }]) => `${path} ${shape.join('x')}`)
      .sort();
  expect(shapesOf(own)).toEqual(shapesOf(reference.params));

  expectFixture(
    reference,
    (params, inputs) => {
      const recorded: Record<string, Tensor> = {};
      const record = (path: string, value: Tensor): void => void (recorded[path] = value);
      const image = parameter<Tensor4D>(inputs, 'image');
      const { tokens, pooled } = encoder.apply(params, image, { training, key: key(0), record });
      const { dim, tokens: count } = encoder.features;
      expect(tokens.shape).toEqual([image.shape[0], count, dim]);
      const hidden = encoder.hiddenStates(params, image, { training, key: key(0) });
      const named = Object.fromEntries(hidden.map((value, i) => [`hidden${i}`, value]));
      return { tokens, pooled, ...named, ...recorded };
    },
    closeness,
  );
}

/**
 * As {@link expectReference}, for a reference with the names of a different library: the key map
 * converts its parameters and gradients to ours. Also checks that converting back gives the
 * library's parameters.
 */
export function expectForeignReference(
  encoder: LayeredEncoder<Tensor4D>,
  reference: FixtureCase,
  map: KeyMap,
): void {
  const { params: theirs, gradients } = reference;
  const params = toOurParams(theirs, map);
  const [ofInputs, ofParams] = partition(gradients, (path) => path in reference.inputs);
  const converted = { ...ofInputs, ...toOurParams(ofParams, map) };
  expectReference(encoder, { ...reference, params, gradients: converted });

  const back = toTheirParams(params, map);
  const kept = Object.keys(theirs).filter((path) => map.toOurs(path)?.length !== 0);
  expect(Object.keys(back).sort()).toEqual(kept.sort());
  for (const path of kept) expectClose(back[path]!, theirs[path]!, { rtol: 0, atol: 0 }, path);
}
