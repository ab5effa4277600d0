import { expect, it } from 'vitest';
import { OnnxBackendError } from '../src';

/** Each stands for a slip: a misspelt choice, a failed sum, a wrong form. No option takes any. */
const wrongValues: readonly unknown[] = [
  'no such choice',
  '',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0.5,
  null,
  [null],
  ['no such choice'],
  { 'no such key': 1 },
  Symbol('no such choice'),
];

interface Exceptions {
  /** By option: wrong values that it does take, as any text is a description. */
  readonly takes?: Readonly<Record<string, readonly unknown[]>>;
}

function refusalOf(create: (options: never) => unknown, options: object): unknown {
  try {
    create(options as never);
    return null;
  } catch (error) {
    return error;
  }
}

/**
 * Registers tests that a function refuses options that are not there, and for each that is there
 * every value it does not take. It lists its options when it refuses one.
 */
export function testOptions(
  name: string,
  create: (options: never) => unknown,
  { takes = {} }: Exceptions = {},
): void {
  const expectRefusal = (error: unknown, mention: string): OnnxBackendError => {
    expect(OnnxBackendError.is(error), `${mention}: ${String(error)}`).toBe(true);
    const refused = error as OnnxBackendError;
    expect(refused.code).toBe('options');
    expect(refused.message).toContain(mention);
    expect(refused.message.length).toBeLessThan(600);
    return refused;
  };
  const unknown = () => expectRefusal(refusalOf(create, { 'no such option': 1 }), 'no such option');

  it(`${name} refuses an option that is not there, and lists those that are`, () => {
    expect(unknown().message).toMatch(/expected one of \w+/);
  });

  it(`${name} refuses every wrong value by the option's name`, () => {
    const known = /expected one of (.*)\.$/.exec(unknown().message)?.[1]?.split(', ') ?? [];
    expect(known.length).toBeGreaterThan(0);
    for (const option of known) {
      for (const value of wrongValues) {
        if (takes[option]?.includes(value) === true) continue;
        expectRefusal(refusalOf(create, { [option]: value }), option);
      }
    }
  });

  it.each([[null], ['cpu'], [[]], [3]])(`${name} refuses %j for its options`, (options) => {
    expectRefusal(refusalOf(create, options as never), 'options');
  });
}
