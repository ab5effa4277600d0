import { slice, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { inference, type Features, type Params } from '@crossweave/core';
import { expectFixture, type Fixture } from '@crossweave/core/testing';
import { createFusion } from './registry';

/** The fusion of a case: its name up to the first comma. */
export const strategyOf = (name: string): string => name.split(',')[0]!;

function side(inputs: Params, name: string, rows = -1): Features {
  const part = <T extends Tensor>(path: string): T =>
    slice(inputs[`${name}.${path}`]!, 0, rows) as T;
  return {
    tokens: part<Tensor3D>('tokens'),
    mask: part<Tensor2D>('mask'),
    pooled: part<Tensor2D>('pooled'),
  };
}

/** Compares a fusion's outputs and gradients with a case of a fixture. Call it inside `tidy`. */
export function expectReference(fixture: Fixture, name: string): void {
  const given = fixture.case(name);
  const fusion = createFusion(strategyOf(name), given.options);
  expectFixture(given, (params, inputs) => {
    const image = side(inputs, 'image');
    const fused = fusion.fuse(params, image, side(inputs, 'text'), inference);
    const score = fusion.score(params, image, side(inputs, 'text', 2), inference);
    return { joint: fused.joint, match: fused.match, score };
  });
}
