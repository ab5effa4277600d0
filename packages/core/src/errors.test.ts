import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  CrossweaveError,
  DataError,
  EngineError,
  FileFormatError,
  NonFiniteError,
  ShapeError,
  StateDictError,
  isCrossweaveError,
  nearestName,
} from './errors';

describe('the message of an error', () => {
  it('says where, what, expected, got and what to do, in that order', () => {
    const error = new ShapeError('image has 3 dimensions', {
      where: 'resnet.apply',
      expected: '[B, H, W, 3]',
      got: [2, 3],
      advice: 'Add a batch dimension.',
    });
    expect(error.message).toBe(
      'resnet.apply: image has 3 dimensions; expected [B, H, W, 3]; got [2,3]. Add a batch dimension.',
    );
  });

  it.each([
    ['a number', 0, 'got 0.'],
    ['NaN', Number.NaN, 'got NaN.'],
    ['a big integer', 5n, 'got 5.'],
    ['false', false, 'got false.'],
    ['null', null, 'got null.'],
    ['an object', { a: 1 }, 'got {"a":1}.'],
    ['a function', parseInt, `got ${String(parseInt)}.`],
    ['an empty text', '', 'got .'],
  ])('shows %s', (_, got, shown) => {
    expect(new ConfigError('x', { got }).message).toBe(`x; ${shown}`);
  });

  it('leaves out what is not given and ends in one full stop', () => {
    expect(new DataError('no captions').message).toBe('no captions.');
    expect(new DataError('no captions.').message).toBe('no captions.');
  });
});

describe('the fields of an error', () => {
  it.each([
    [ShapeError, 'shape'],
    [ConfigError, 'config'],
    [StateDictError, 'state-dict'],
    [DataError, 'data'],
    [EngineError, 'engine'],
    [NonFiniteError, 'non-finite'],
    [FileFormatError, 'file-format'],
  ] as const)('%o has its own name and code', (Kind, code) => {
    const error = new Kind('it broke', { where: 'here', expected: 1, got: 2, advice: 'Mend it.' });
    expect(error).toBeInstanceOf(CrossweaveError);
    expect(error).toMatchObject({ name: Kind.name, code, where: 'here', expected: 1, got: 2 });
    expect(error.advice).toBe('Mend it.');
    expect('cause' in error).toBe(false);
  });

  it('keeps the cause', () => {
    const cause = new Error('disk full');
    expect(new DataError('not written', { cause }).cause).toBe(cause);
  });
});

describe('isCrossweaveError', () => {
  it('knows errors of another copy of the package by their marker', () => {
    const copied = Object.assign(new Error('from elsewhere'), {
      [Symbol.for('crossweave.error')]: true,
    });
    expect(isCrossweaveError(copied)).toBe(true);
    expect(isCrossweaveError(new ShapeError('own'))).toBe(true);
  });

  it('knows other values for what they are', () => {
    for (const value of [new Error('plain'), null, undefined, 'crossweave.error', 0, {}]) {
      expect(isCrossweaveError(value)).toBe(false);
    }
  });
});

describe('nearestName', () => {
  const known = ['learningRate', 'weightDecay', 'epochs', 'batchSize'];

  it.each([
    ['learningrate', 'learningRate'],
    ['lerningRate', 'learningRate'],
    ['weigthDecay', 'weightDecay'],
    ['epoch', 'epochs'],
    ['BATCHSIZE', 'batchSize'],
  ])('takes %s for a slip of %s', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });

  it('guesses nothing where nothing is near', () => {
    expect(nearestName('momentum', known)).toBeUndefined();
    expect(nearestName('epochs', [])).toBeUndefined();
  });

  it('prefers the nearer of two', () => {
    expect(nearestName('late', ['early', 'gate', 'late-sum', 'lated'])).toBe('gate');
    expect(nearestName('cross', ['crosses', 'cross'])).toBe('cross');
  });
});

describe('messages', () => {
  it('are bounded, whatever a file holds, and keep the fields whole', () => {
    const got = 'x'.repeat(1_000_000);
    const error = new DataError('the line is no JSON', { where: 'f.jsonl:1', got });
    expect(error.message.length).toBeLessThan(1000);
    expect(error.message).toContain('(1000000 characters)');
    expect(error.got).toBe(got);
  });

  it('carry no terminal escapes', () => {
    const { message } = new DataError('bad\u001b[2Jname', { got: '\u202etxt.exe\u009b31m\u0007' });
    expect(message).toBe('bad\\u001b[2Jname; got \\u202etxt.exe\\u009b31m\\u0007.');
  });

  it('are written for values that JSON cannot write', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const got of [circular, [1n], Symbol('s'), () => 1]) {
      expect(new DataError('odd', { got }).message).toMatch(/^odd; got ./);
    }
  });

  it('can be had without the advice, which a suggestion gives as data', () => {
    const suggestion = { delimiter: ';' };
    const advice = "Pass delimiter: ';'.";
    const error = new DataError('there is one column', { where: 'a.csv:1', advice, suggestion });
    expect(error.summary).toBe('a.csv:1: there is one column.');
    expect(error.message).toBe(`${error.summary} ${advice}`);
    expect(error.suggestion).toEqual(suggestion);
    expect(new DataError('x').suggestion).toBeUndefined();
  });
});
