import {
  einsum as reference,
  memory,
  mul,
  reshape,
  sum,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../errors';
import { foldIn, key, normal } from '../keys';
import { assertGradientsMatch, expectClose } from '../testing';
import { weighedSum } from '../testing/gradients';
import { einsum } from './einsum';

const sizes: Readonly<Record<string, number>> = { b: 2, n: 3, m: 4, d: 5, r: 2, h: 3 };

/** Random operands of the sizes that the letters have here. */
function operandsOf(equation: string): Tensor[] {
  const [left] = equation.split('->');
  return left!.split(',').map((letters, i) =>
    normal(
      foldIn(key(5), i),
      Array.from(letters, (letter) => sizes[letter]!),
    ),
  );
}

/** Scores, bilinear forms, contractions, outer and elementwise products, sums, transposes. */
const equations = [
  'bnd,bmd->bnm',
  'bhnd,bhmd->bhnm',
  'bd,dm->bm',
  'bn,bm->bnm',
  'bn,bn->bn',
  'bn,bn->b',
  'n,n->',
  'bnd,m->mb',
  'nd,bd->dbn',
  'bd,->bd',
  'bnd->db',
  'bn->nb',
  'bn,nmd,bm->bd',
  'br,bnr,mr,n->bm',
];

/** tfjs's own joins no scalar and no three operands, and gives the fourth a shape of [1, 2]. */
const beyondReference = ['bd,->bd', 'bn,nmd,bm->bd', 'br,bnr,mr,n->bm', 'bnd,m->mb'];

describe('einsum', () => {
  it.each(equations)('%s has the values and gradients it should', (equation) => {
    const before = memory().numTensors;
    tidy(() => {
      const operands = operandsOf(equation);
      if (!beyondReference.includes(equation)) {
        expectClose(einsum(equation, ...operands), reference(equation, ...operands));
      }
      const point = Object.fromEntries(operands.map((operand, i) => [`x${i}`, operand]));
      assertGradientsMatch(
        (at) => weighedSum(key(6), [einsum(equation, ...Object.values(at))]),
        point,
        key(7),
      );
    });
    expect(memory().numTensors).toBe(before);
  });

  it('joins operands without a common letter, scalars, and three as two times two', () =>
    tidy(() => {
      const [x, y] = operandsOf('bnd,m->mb');
      const sums = sum(x!, [1, 2]);
      expectClose(einsum('bnd,m->mb', x!, y!), mul(reshape(y!, [4, 1]), sums));
      const [left, scale] = operandsOf('bd,->bd');
      expectClose(einsum('bd,->bd', left!, scale!), mul(left!, scale!));
      const [a, b, c] = operandsOf('bn,nmd,bm->bd');
      const half = reference('bn,nmd->bmd', a!, b!);
      expectClose(einsum('bn,nmd,bm->bd', a!, b!, c!), reference('bmd,bm->bd', half, c!));
    }));

  it.each(['bnd,bmd', 'bnn,bnm->bm', 'bn,bm->bx', 'bn,bm->bb', '...n,nm->m', 'bn->b', 'a,b->c->d'])(
    'refuses the equation %s',
    (equation) =>
      tidy(() => {
        const operands = [normal(key(1), [2, 3]), normal(key(2), [2, 3])];
        expect(() => einsum(equation, ...operands)).toThrow(ConfigError);
      }),
  );

  it('names the operand that does not fit', () =>
    tidy(() => {
      const run = () => einsum('bn,bm->nm', normal(key(1), [2, 3]), normal(key(2), [4, 3]));
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(/"bn,bm->nm": operand 2 .*expected \[2, m\]; got \[4, 3\]/);
      expect(() => einsum('bnd->b', normal(key(1), [2, 3]))).toThrow(/operand 1/);
    }));
});
