/**
 * What goes wrong in tfjs's own functions, and that ours do not: one test a trap, the plain form
 * first. Others are tested where they are cured: a clip that kills its gradient beside
 * `clampParameter`, seeds of 0 beside the keys, moments kept by position in `testOptimizer`,
 * NaN scores in the laboratory's metrics.
 */
import {
  abs,
  add,
  cast,
  div,
  einsum as plainEinsum,
  exp,
  gatherND,
  grad,
  greater,
  log,
  logSumExp,
  max,
  maximum,
  mul,
  norm,
  relu,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  sub,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  where,
  zerosLike,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { amax } from './amax';
import { einsum } from './einsum';
import { embedding } from './embedding';
import { maskedSoftmax } from './masked-softmax';
import { normalize } from './normalize';
import { select } from './select';
import { signedSqrt } from './signed-sqrt';
import { stopGradient } from './stop-gradient';

/** The gradient of Σ f(x). */
function slope<T extends Tensor>(f: (x: T) => Tensor, x: T): number[] {
  return tidy(() => [...grad((value) => sum(f(value as T)))(x).dataSync()]);
}

const NotANumber: unknown = expect.toSatisfy(Number.isNaN);

describe('a trap of tfjs', () => {
  it('einsum has no gradient', () => {
    const x = tensor2d([1, 2, 3, 4], [2, 2]);
    expect(() => slope((at) => plainEinsum('ij,ij->i', at, at), x)).toThrow(/[Gg]radient/);
    expect(slope((at) => einsum('ij,ij->i', at, at), x)).toEqual([2, 4, 6, 8]);
  });

  it('gatherND has no gradient, a lookup needs one that sums repeats', () => {
    const table = tensor2d([1, 2, 3, 4], [2, 2]);
    const places = tensor2d([[1], [1]], [2, 1], 'int32');
    expect(() => slope((at) => gatherND(at, places), table)).toThrow(/[Gg]radient/);
    const ids = tensor2d([[1, 1, 0]], [1, 3], 'int32');
    expect(slope((at) => embedding({ 'e.weight': at }, 'e', ids), table)).toEqual([1, 1, 2, 2]);
  });

  it('a condition computed from the variable breaks the backward pass of where', () => {
    const x = tensor1d([-1, 2]);
    expect(() => slope((at) => where(greater(at, 0), at, mul(at, 3)), x)).toThrow();
    expect(slope((at) => select(greater(at, 0), at, mul(at, 3)), x)).toEqual([3, 1]);
  });

  it('the gradient of what where does not choose is 0 times infinity', () => {
    const x = tensor1d([0, 4]);
    const chosen = tensor1d([0, 1], 'bool');
    expect(slope((at) => where(chosen, sqrt(at), zerosLike(at)), x)).toEqual([NotANumber, 0.25]);
    const guarded = (at: Tensor1D) => select(chosen, sqrt(select(chosen, at, 1)), 0);
    expect(slope(guarded, x)).toEqual([0, 0.25]);
  });

  it('relu multiplies the gradient by 0 or 1, so a root beside it is NaN everywhere', () => {
    const x = tensor1d([-4, 4]);
    const signed = (at: Tensor1D) => sub(sqrt(relu(at)), sqrt(relu(mul(at, -1))));
    expect(slope(signed, x)).toEqual([NotANumber, NotANumber]);
    for (const found of slope((at: Tensor1D) => signedSqrt(at), x))
      expect(found).toBeCloseTo(0.25, 5);
  });

  it('there is no stop-gradient', () => {
    const x = tensor1d([2, 3]);
    expect(slope((at) => mul(at, at), x)).toEqual([4, 6]);
    expect(slope((at) => mul(at, stopGradient(at)), x)).toEqual([2, 3]);
  });

  it('a zero row divided by its length has a NaN gradient', () => {
    const x = tensor2d([0, 0, 3, 4], [2, 2]);
    const weights = tensor2d([1, 2, 1, 0], [2, 2]);
    const plain = (at: Tensor2D) => mul(div(at, maximum(norm(at, 2, 1, true), 1e-12)), weights);
    expect(slope(plain, x).slice(0, 2)).toEqual([NotANumber, NotANumber]);
    const found = slope((at: Tensor2D) => mul(normalize(at), weights), x);
    expect(found.slice(0, 2)).toEqual([0, 0]);
    expect(found[2]).toBeCloseTo(16 / 125, 5);
  });

  it('max gives each of those that tie the whole gradient', () => {
    const x = tensor1d([5, 5, 1]);
    expect(slope((at) => max(at), x)).toEqual([1, 1, 0]);
    expect(slope((at) => amax(at), x)).toEqual([0.5, 0.5, 0]);
  });

  it('softmax of a row that is −Infinity throughout is NaN', () => {
    const scores = tensor2d([1, 2, 3, 4], [2, 2]);
    const mask = tensor2d([1, 1, 0, 0], [2, 2]);
    const plain = (at: Tensor) => softmax(add(at, log(mask)));
    const shares = tidy(() => [...plain(scores).dataSync()]);
    expect(shares.slice(2)).toEqual([NotANumber, NotANumber]);
    const weights = tensor2d([1, 0, 1, 0], [2, 2]);
    const ours = tidy(() => [...maskedSoftmax(scores, mask).dataSync()]);
    expect(ours.slice(2)).toEqual([0, 0]);
    const found = slope((at) => mul(maskedSoftmax(at, mask), weights), scores);
    expect(found.map(Math.abs).slice(2)).toEqual([0, 0]);
    expect(found[0]).toBeGreaterThan(0.1);
  });

  it('the plain forms of log-sum-exp, softplus and log-sigmoid overflow', () => {
    const x = tensor1d([-100, 100]);
    expect(tidy(() => [...log(sum(exp(x))).dataSync()])).toEqual([Infinity]);
    expect(tidy(() => [...log(sigmoid(x)).dataSync()])).not.toEqual([-100, 0]);
    expect(slope((at) => logSumExp(at), x)).toEqual([0, 1]);
    expect(slope((at) => softplus(at), x)).toEqual([expect.closeTo(0, 30), 1]);
    expect(slope((at) => mul(softplus(mul(at, -1)), -1), x)).toEqual([1, expect.closeTo(0, 30)]);
  });

  it('abs has a slope of −1 at 0, and maximum of equals goes to one of them', () => {
    const x = tensor1d([0, -2, 2]);
    expect(slope((at) => abs(at), x)).toEqual([-1, -1, 1]);
    expect(slope((at) => mul(at, stopGradient(sign(at))), x)).toEqual([0, -1, 1]);
    expect(slope((at) => maximum(at, zerosLike(at)), tensor1d([0]))).toEqual([1]);
  });
});

/** 1, 0 or −1. */
function sign(x: Tensor): Tensor {
  return sub(cast(greater(x, 0), 'float32'), cast(greater(mul(x, -1), 0), 'float32'));
}
