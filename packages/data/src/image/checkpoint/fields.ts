import { ConfigError, type ErrorDetails } from '@crossweave/core';

type Triple = readonly [number, number, number];

/** A size as a checkpoint's file gives it: the sides of a square, the shorter side, or a number. */
interface GivenSize {
  readonly sides?: number;
  readonly shortest?: number;
  readonly number?: number;
}

/** The fields of a checkpoint's preprocessing, each checked. `null` counts as absent. */
export class FieldReader {
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(config: Readonly<Record<string, unknown>>, where: string) {
    this.#config = config;
    this.#where = where;
  }

  refusal(what: string, details: ErrorDetails): ConfigError {
    return new ConfigError(what, {
      where: this.#where,
      advice: 'Give the preprocessing yourself, as a value of type Preprocessing.',
      ...details,
    });
  }

  /** @throws ConfigError always */
  lacking(name: string): never {
    throw this.refusal(`${name} is not given`, { expected: `a value for ${name}` });
  }

  raw(name: string): unknown {
    return this.#config[name] ?? undefined;
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'text', (value) => typeof value === 'string');
  }

  flag(name: string): boolean | undefined {
    return this.#typed(name, 'true or false', (value) => typeof value === 'boolean');
  }

  number(name: string): number | undefined {
    return this.#typed(name, 'a number above 0', isAboveZero);
  }

  /** Three numbers of at least 0; one stands for all channels. */
  triple(name: string): Triple | undefined {
    const value = this.raw(name);
    const list = typeof value === 'number' ? [value, value, value] : value;
    if (list === undefined) return undefined;
    const isTriple =
      Array.isArray(list) &&
      list.length === 3 &&
      list.every((each) => isAboveZero(each) || each === 0);
    if (isTriple) return list as unknown as Triple;
    throw this.refusal(`"${name}" has a value that is not allowed`, {
      expected: 'three numbers of at least 0',
      got: value,
    });
  }

  size(name: string): GivenSize | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const whole = (side: unknown): side is number => Number.isInteger(side) && isAboveZero(side);
    if (whole(value)) return { number: value };
    if (Array.isArray(value) && value.length === 2 && value.every(whole)) {
      const [height, width] = value as [number, number];
      if (height === width) return { sides: height };
    }
    if (typeof value === 'object' && value !== null) {
      const { height, width, shortest_edge: shortest, ...rest } = value as Record<string, unknown>;
      const only = Object.values(rest).every((other) => other === null || other === undefined);
      if (only && whole(height) && height === width && shortest === undefined) {
        return { sides: height };
      }
      if (only && whole(shortest) && height === undefined && width === undefined) {
        return { shortest };
      }
    }
    throw this.refusal(`"${name}" is no size of square pictures`, {
      expected: 'a whole number, {"height": S, "width": S} or {"shortest_edge": S}',
      got: value,
    });
  }

  #typed<T>(name: string, expected: string, accepts: (value: unknown) => boolean): T | undefined {
    const value = this.raw(name);
    if (value === undefined || accepts(value)) return value as T | undefined;
    throw this.refusal(`"${name}" has a value that is not allowed`, { expected, got: value });
  }
}

function isAboveZero(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
