import { ConfigError } from '../errors';
import { boolean, number, oneOf, requireValue, text, type NumberBounds } from './checks';

/**
 * @throws ConfigError unless `value` is a number within the bounds; NaN and infinities are refused.
 */
export function requireNumber(
  where: string,
  name: string,
  value: unknown,
  bounds: NumberBounds = {},
): asserts value is number {
  requireValue(where, name, value, number(bounds));
}

/**
 * @throws ConfigError unless `value` is one of the choices; it lists the choices and suggests the
 *   nearest.
 */
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

/** @throws ConfigError unless `value` is a non-empty string. */
export function requireText(where: string, name: string, value: unknown): asserts value is string {
  requireValue(where, name, value, text());
}

/**
 * For sizes that are split into equal parts, such as a width into attention heads.
 *
 * @throws ConfigError unless the option `name` divides the option `whole`; the message names both.
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
