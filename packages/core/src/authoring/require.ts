import { ConfigError } from '../errors';
import { boolean, number, oneOf, requireValue, text, type NumberBounds } from './checks';

/** @throws ConfigError unless `value` is a number within the bounds; NaN and infinities never are. */
export function requireNumber(
  where: string,
  name: string,
  value: unknown,
  bounds: NumberBounds = {},
): asserts value is number {
  requireValue(where, name, value, number(bounds));
}

/** @throws ConfigError that lists the choices and names the nearest. */
export function requireOneOf<Choice extends string>(
  where: string,
  name: string,
  value: unknown,
  choices: readonly Choice[],
): asserts value is Choice {
  requireValue(where, name, value, oneOf(...choices));
}

/** @throws ConfigError unless `value` is true or false. */
export function requireBoolean(
  where: string,
  name: string,
  value: unknown,
): asserts value is boolean {
  requireValue(where, name, value, boolean());
}

/** @throws ConfigError unless `value` is text and not empty. */
export function requireText(where: string, name: string, value: unknown): asserts value is string {
  requireValue(where, name, value, text());
}

/**
 * For sizes that are cut into equal parts: attention heads, chunks.
 *
 * @throws ConfigError unless the option `name` divides the option `whole`; it names both.
 */
export function requireDivisor(
  where: string,
  [name, value]: readonly [name: string, value: number],
  [whole, size]: readonly [name: string, value: number],
): void {
  if (size % value === 0) return;
  throw new ConfigError(`"${name}" must divide "${whole}"`, {
    where,
    expected: `a divisor of ${size}`,
    got: value,
  });
}
