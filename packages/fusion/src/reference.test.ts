import { readdirSync } from 'node:fs';
import { slice, tidy, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { inference, key, type Features, type Params } from '@crossweave/core';
import { expectFixture, loadFixture } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { createFusion } from './registry';

const folder = new URL('../fixtures/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => loadFixture(new URL(name, folder)));

function side(inputs: Params, name: string, rows = -1): Features {
  const part = <T extends Tensor>(path: string): T =>
    slice(inputs[`${name}.${path}`]!, 0, rows) as T;
  return {
    tokens: part<Tensor3D>('tokens'),
    mask: part<Tensor2D>('mask'),
    pooled: part<Tensor2D>('pooled'),
  };
}

const cases = fixtures.flatMap((fixture) => fixture.names.map((name) => ({ name, fixture })));

describe.each(cases)('$name', ({ name, fixture }) => {
  const strategy = name.split(',')[0]!;

  it('has the names and shapes of its restatement in torch modules', () =>
    tidy(() => {
      const { options, params } = fixture.case(name);
      const own = createFusion(strategy, options).init(
        key(0),
        { dim: 6, tokens: 4 },
        { dim: 4, tokens: 'varies' },
      );
      const shapes = (tree: Params): [string, number[]][] =>
        Object.entries(tree)
          .map(([path, value]): [string, number[]] => [path, value.shape])
          .sort(([a], [b]) => (a < b ? -1 : 1));
      expect(shapes(own)).toEqual(shapes(params));
    }));

  it('has its values and gradients', () =>
    tidy(() => {
      const given = fixture.case(name);
      const fusion = createFusion(strategy, given.options);
      expectFixture(given, (params, inputs) => {
        const image = side(inputs, 'image');
        const fused = fusion.fuse(params, image, side(inputs, 'text'), inference);
        const score = fusion.score(params, image, side(inputs, 'text', 2), inference);
        return { joint: fused.joint, match: fused.match, score };
      });
    }));
});
