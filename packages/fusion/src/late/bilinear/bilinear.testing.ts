import type { Tensor } from '@tensorflow/tfjs-core';
import { inference, key, type Features, type Fusion, type Params } from '@crossweave/core';
import { expectClose, sampleFeatures } from '@crossweave/core/testing';

export const imageSpec = { dim: 6, tokens: 3 } as const;
export const textSpec = { dim: 4, tokens: 'varies' } as const;

export function samples(image = imageSpec, text: { dim: number } = textSpec): [Features, Features] {
  const [left, right] = [image, { ...textSpec, ...text }];
  return [
    sampleFeatures(key(21), left, { batch: 3 }),
    sampleFeatures(key(22), right, { batch: 3 }),
  ];
}

/** The joint representations of three sample pairs. */
export function joint(fusion: Fusion, params: Params, pairs = samples()): Tensor {
  return fusion.fuse(params, ...pairs, inference).joint;
}

/** Checks that two fusions, each with its parameters, give the same joint representations. */
export function expectSameJoint(
  [fusion, params]: readonly [Fusion, Params],
  [other, others]: readonly [Fusion, Params],
): void {
  expectClose(joint(fusion, params), joint(other, others));
}
