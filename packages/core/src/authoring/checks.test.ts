import { runInNewContext } from 'node:vm';
import { dispose, scalar } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import * as checks from './checks';
import * as domainChecks from './domain-checks';
import { requireDivisor, requireNumber, requireOneOf } from './require';

describe('numbers', () => {
  it.each([
    [{ min: 0 }, [0, 1], [-1, NaN, Infinity, '0', null]],
    [{ above: 0 }, [1e-9], [0, -0]],
    [{ below: 1, min: 0 }, [0, 0.999999], [1]],
    [{ max: 1 }, [1, -5], [1.0001]],
    [{ integer: true, min: 0 }, [0, 2 ** 53 - 1], [0.5, 2 ** 53]],
  ])('%j', (bounds, right, wrong) => {
    const { accepts } = checks.number(bounds);
    expect(right.filter(accepts)).toEqual(right);
    expect(wrong.filter(accepts)).toEqual([]);
  });

  it('are described as they are bounded', () => {
    expect(checks.count().expected).toBe('a whole number of at least 1');
    expect(checks.dropRate().expected).toBe('a number in [0, 1)');
    expect(checks.number({ above: 0 }).expected).toBe('a number above 0');
    expect(checks.number().expected).toBe('a finite number');
  });
});

it('text may be empty, or must not be', () => {
  expect(['', 'a', 1, null, ['a']].filter(checks.anyText().accepts)).toEqual(['', 'a']);
  expect(['', 'a', 1, null].filter(checks.text().accepts)).toEqual(['a']);
});

it('lists, objects and alternatives check what is in them', () => {
  const names = checks.listOf(checks.oneOf('a', 'b'), { min: 1, distinct: true });
  expect([['a'], ['b', 'a']].every(names.accepts)).toBe(true);
  expect([[], ['c'], ['a', 'a'], 'a', { 0: 'a' }].filter(names.accepts)).toEqual([]);

  const pair = checks.fields({ low: checks.number(), high: checks.number() }, ['low']);
  expect([{ low: 1 }, { low: 1, high: undefined }].every(pair.accepts)).toBe(true);
  expect([{}, { low: 1, hihg: 2 }, { low: '1' }, [1], new Date()].filter(pair.accepts)).toEqual([]);

  const either = checks.anyOf(checks.oneOf('auto'), checks.exactly(false), checks.count());
  expect(['auto', false, 3].every(either.accepts)).toBe(true);
  expect([true, 0, 'aut'].filter(either.accepts)).toEqual([]);
  expect(() => checks.requireValue('w', 'n', 'aut', either)).toThrow(/"auto"\?/);
});

it('a list with a hole has an entry that is not there', () => {
  const holes: unknown[] = [];
  holes[1] = 1;
  expect(checks.listOf(checks.count()).accepts(holes)).toBe(false);
  expect(() => checks.requireValue('w', 'n', holes, checks.listOf(checks.count()))).toThrow(
    /"n\[0\]".*got nothing/,
  );
});

it('a plain object of another realm is one', () => {
  const foreign: unknown = runInNewContext('({ low: 1 })');
  expect(checks.fields({ low: checks.number() }).accepts(foreign)).toBe(true);
});

it('a parameter tree has no tensor that was disposed', () => {
  const tree = { weight: scalar(1), bias: scalar(2) };
  expect(domainChecks.paramTree().accepts(tree)).toBe(true);
  dispose(tree);
  expect(() => checks.requireValue('w', 'initial', tree, domainChecks.paramTree())).toThrow(
    /"initial\["weight"\]".*not disposed.*one that was disposed/,
  );
});

it('requireNumber and requireOneOf say where, what, expected and got', () => {
  expect(() => requireNumber('adamW', 'beta1', 1, { min: 0, below: 1 })).toThrow(
    'adamW: "beta1" has a value that is not allowed; expected a number in [0, 1); got 1.',
  );
  expect(() => requireOneOf('w', 'mode', 'bth', ['both', 'one'])).toThrow(
    /"both" \| "one".*"both"/,
  );
});

it('requireDivisor names both sides', () => {
  requireDivisor('w', ['heads', 4], ['dim', 12]);
  expect(() => requireDivisor('w', ['heads', 5], ['dim', 12])).toThrow(
    'w: "heads" must divide "dim"; expected a divisor of 12; got 5.',
  );
});

it('an error is about the part that is wrong', () => {
  const check = checks.listOf(
    checks.fields({ kernel: checks.count(), side: checks.oneOf('left', 'right') }, ['kernel']),
    { min: 1 },
  );
  const refusal = (value: unknown, of = check) => {
    expect(of.accepts(value)).toBe(false);
    return expect(() => checks.requireValue('w', 'n', value, of));
  };
  refusal([{ kernel: 1 }, { kernel: 0 }]).toThrow(/"n\[1\]\.kernel".*at least 1; got 0/);
  refusal([{ kernel: 1, side: 'rihgt' }]).toThrow(/"n\[0\]\.side".*"left" \| "right".*"right"\?/);
  refusal([{}]).toThrow(/"n\[0\]\.kernel".*got nothing/);
  refusal([{ kernel: 1, kernle: 1 }]).toThrow(/"n\[0\]".*\{ kernel: .*; side\?: .*kernle/);
  refusal([]).toThrow(/"n" .*a list of at least 1/);
  refusal({ a: 1, b: '2' }, checks.recordOf(checks.number())).toThrow(/"n\.b".*got "2"/);
  const either = checks.anyOf(checks.oneOf('none'), check);
  refusal([{ kernel: -1 }], either).toThrow(/"n\[0\]\.kernel"/);
  refusal('nnoe', either).toThrow(/"n" .*"none"\?/);
  refusal(['a'], checks.anyOf(checks.listOf(checks.count()), check)).toThrow(/"n" .*, or a list/);
});
