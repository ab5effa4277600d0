import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../test/against-cpu';
import { expectClose, expectLikeCpu, floats, integers, runOn } from '../../test/against-cpu';
import '../register';

const sizes: Readonly<Record<string, number>> = { b: 2, h: 3, i: 4, j: 5, k: 6, d: 7 };
const operand = (term: string): Plain => floats(Array.from(term, (label) => sizes[label]!));

describe('einsum', () => {
  it.each([
    'ij->ji',
    'ij->j',
    'ij->',
    'bij->jb',
    'i,i->',
    'i,i->i',
    'i,j->ij',
    'i,j->ji',
    'bi,bi->b',
    'bi,b->bi',
    'ij,jk->ik',
    'ij,jk->ki',
    'ji,jk->ik',
    'ij,kj->ik',
    'bij,bjk->bik',
    'bij,jk->bik',
    'bhid,bhjd->bhij',
    'bihd,bjhd->bhij',
    'bhij,bjhd->bihd',
    'bij,bij->',
    'bij,ij->b',
    'ijk,j->ik',
    ', ij -> ij',
  ])('%s', async (equation) => {
    const terms = equation.replace(/\s/g, '').split('->')[0]!.split(',');
    const program = (...xs: tf.Tensor[]) => tf.einsum(equation, ...xs);
    await expectLikeCpu(program, terms.map(operand), { rtol: 1e-4, atol: 1e-5 });
  });
  it('sums over what only one operand has, before the product', async () => {
    // tfjs's cpu backend gives a wrong shape, or throws, for these.
    const inputs = [floats([3, 4, 5]), floats([6, 5])];
    const byMatMul = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(tf.sum(x, 1), y, false, true);
    const [want] = await runOn('onnx', byMatMul, inputs);
    const [got] = await runOn('onnx', (x, y) => tf.einsum('bij,kj->bk', x, y), inputs);
    expectClose(got!, want!, { rtol: 1e-4, atol: 1e-5 });
  });
  it('stays with integers', () =>
    expectLikeCpu((a, b) => tf.einsum('ij,jk->ik', a, b), [integers([2, 3]), integers([3, 4])]));
  it('works on empty dimensions', () =>
    expectLikeCpu((a, b) => tf.einsum('ij,jk->ik', a, b), [floats([2, 0]), floats([0, 4])]));
  it('refuses what tfjs refuses', async () => {
    await tf.setBackend('onnx');
    tf.tidy(() => {
      const x = tf.zeros([2, 2]);
      expect(() => tf.einsum('ii->', x)).toThrow(/duplicate axes/);
      expect(() => tf.einsum('ij,jk->ik', x, tf.zeros([3, 2]))).toThrow(/Expected dimension 2/);
      expect(() => tf.einsum('ij', x)).toThrow(/arrow/);
    });
  });
});
