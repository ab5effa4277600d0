import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig, withSetting } from './parse';

const schema = z.strictObject({
  seed: z.int().min(0).default(0),
  phase: z.strictObject({ steps: z.int().min(1), learningRate: z.number().positive() }).prefault({
    steps: 1,
    learningRate: 1,
  }),
  arms: z.record(z.string(), z.strictObject({ width: z.number() })).default({}),
});

function messageOf(data: unknown): string {
  try {
    parseConfig(schema, data, 'ablation.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the config was accepted');
}

describe('parseConfig', () => {
  it('fills defaults and keeps a seed of 0', () => {
    expect(parseConfig(schema, { seed: 0 }, 'x')).toEqual({
      seed: 0,
      phase: { steps: 1, learningRate: 1 },
      arms: {},
    });
  });

  it('names the nearest key of a misspelt one, at any depth', () => {
    expect(messageOf({ sead: 1 })).toContain('Did you mean "seed"?');
    const nested = messageOf({ phase: { steps: 1, learning_rate: 1 } });
    expect(nested).toContain('there is no key "phase.learning_rate"');
    expect(nested).toContain('Did you mean "learningRate"?');
    expect(messageOf({ arms: { late: { widht: 1, width: 1 } } })).toContain(
      'Did you mean "width"?',
    );
  });

  it('names all keys that are missing', () => {
    expect(messageOf({ phase: { steps: 1 } })).toBe(
      'ablation.json: the key "phase.learningRate" is missing; expected a number.',
    );
    expect(messageOf({ phase: {}, arms: { late: {} } })).toBe(
      'ablation.json: the keys "phase.steps", "phase.learningRate", "arms.late.width" are missing; ' +
        'expected "phase.steps": a number; "phase.learningRate": a number; ' +
        '"arms.late.width": a number.',
    );
    expect(messageOf({ phase: { steps: 'x' } })).toContain('"phase.steps" does not fit');
    expect(messageOf(undefined)).toContain('the config does not fit');
  });

  it('refuses NaN and values out of range by path', () => {
    expect(messageOf({ phase: { steps: 1, learningRate: Number.NaN } })).toContain(
      '"phase.learningRate" does not fit',
    );
    expect(messageOf({ phase: { steps: 0, learningRate: 1 } })).toContain('got 0');
  });
});

it('says of a value with several forms what each would be', () => {
  const forms = z.strictObject({
    freeze: z.union([z.enum(['all', 'base']), z.strictObject({ layers: z.int().min(0) })]),
  });
  const message = (freeze: unknown): string => {
    try {
      parseConfig(forms, { freeze }, 'x');
    } catch (error) {
      return String(error);
    }
    return 'accepted';
  };
  expect(message('al')).toContain('expected one of "all"|"base", or an object');
  expect(message({ layers: -1 })).toContain('a number of at least 0');
});

it('names the keys of an object that is another value, and bounds in words', () => {
  const message = (data: unknown): string => {
    try {
      parseConfig(
        z.strictObject({ rates: z.strictObject({ image: z.number().gt(0) }) }),
        data,
        'x',
      );
    } catch (error) {
      return String(error);
    }
    return 'accepted';
  };
  expect(message({ rates: 1 })).toContain('expected an object with the keys image; got 1');
  expect(message({ rates: { image: 0 } })).toContain('expected a number above 0; got 0');
  expect(message({ rates: { image: 'x' } })).toContain('expected a number; got x');
});

describe('withSetting', () => {
  it('reaches nothing that is not the config’s own', () => {
    for (const path of ['__proto__.a', 'constructor.prototype.a', 'phase.__proto__.a']) {
      expect(() => withSetting({ phase: {} }, `${path}=1`)).toThrow(ConfigError);
    }
    expect(Object.keys(withSetting({}, '__proto__={"a":1}') as object)).toEqual(['__proto__']);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('sets a nested value in a copy', () => {
    const data = { phase: { steps: 1 } };
    expect(withSetting(data, 'phase.steps=5')).toEqual({ phase: { steps: 5 } });
    expect(data.phase.steps).toBe(1);
    expect(withSetting(data, 'name=plain text')).toMatchObject({ name: 'plain text' });
    expect(withSetting(data, 'phase.steps=NaN')).toEqual({ phase: { steps: Number.NaN } });
  });

  it('makes the objects on the way', () => {
    expect(withSetting({ a: {} }, 'a.b.c=1')).toEqual({ a: { b: { c: 1 } } });
    expect(withSetting({}, 'x.y=text')).toEqual({ x: { y: 'text' } });
  });

  it('refuses what has no such place', () => {
    expect(() => withSetting({ a: 1 }, 'a.b=1')).toThrow(/no keys under "a"/);
    expect(() => withSetting({ a: 'text' }, 'a.b.c=1')).toThrow(/no keys under "a"/);
    expect(() => withSetting(1, 'a=1')).toThrow(ConfigError);
    expect(() => withSetting({}, 'novalue')).toThrow(ConfigError);
  });
});
