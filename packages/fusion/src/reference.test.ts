import { readdirSync } from 'node:fs';
import { tidy } from '@tensorflow/tfjs-core';
import { key, type Params } from '@crossweave/core';
import { loadFixture } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectReference, strategyOf } from './reference.testing';
import { createFusion } from './registry';

const folder = new URL('../fixtures/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => loadFixture(new URL(name, folder)));

const cases = fixtures.flatMap((fixture) => fixture.names.map((name) => ({ name, fixture })));

describe.each(cases)('$name', ({ name, fixture }) => {
  it('has the names and shapes of its restatement in torch modules', () =>
    tidy(() => {
      const { options, params } = fixture.case(name);
      const own = createFusion(strategyOf(name), options).init(
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

  it('has its values and gradients', () => tidy(() => expectReference(fixture, name)));
});
