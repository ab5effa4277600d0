import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '@crossweave/core';

/**
 * What a run depends on, as plain data: its config, fingerprints of its data and its tokenizer.
 * Two runs with equal identities are one run.
 */
export type RunIdentity = Readonly<Record<string, unknown>>;

/** One value in which two identities differ; `undefined` where one has none. */
export interface IdentityDifference {
  /** `config.training.batchSize`. */
  readonly path: string;
  readonly earlier: unknown;
  readonly now: unknown;
}

/** A folder's run is another one than is asked for: going on would mix the two. */
export class RunMismatchError extends ConfigError {
  override readonly name: string = 'RunMismatchError';
  readonly differences: readonly IdentityDifference[];

  constructor(
    where: string,
    differences: readonly IdentityDifference[],
    advice = 'Set back what differs, choose another folder, or remove this one.',
  ) {
    super(`the folder holds another run: ${describeDifferences(differences)}`, {
      where,
      advice,
    });
    this.differences = differences;
  }
}

/** Differences that a message shows. */
const mostShown = 5;

/**
 * The identity as JSON has it: what is undefined is left out, NaN and infinities become their names.
 *
 * @throws ConfigError where it has no JSON (a cycle, a BigInt, thousands of levels), and for what JSON
 *   passes over (a function, a Map): two runs that differ in it would be one.
 */
export function plainIdentity(identity: RunIdentity): RunIdentity {
  try {
    return JSON.parse(JSON.stringify(identity, plainEntry)) as RunIdentity;
  } catch (cause) {
    throw new ConfigError('the identity of a run is plain data', {
      where: 'openRun, identity',
      expected: 'what JSON can say',
      got: cause instanceof Error ? cause.message : cause,
      cause,
    });
  }
}

function plainEntry(name: string, entry: unknown): unknown {
  if (typeof entry === 'number' && !Number.isFinite(entry)) return String(entry);
  const isPassedOver =
    ['function', 'symbol'].includes(typeof entry) ||
    [Map, Set, WeakMap, WeakSet, Promise].some((kind) => entry instanceof kind);
  if (isPassedOver) throw new TypeError(`"${name}" is a ${nameOf(entry)}`);
  return entry;
}

function nameOf(entry: unknown): string {
  return typeof entry === 'object' && entry !== null ? entry.constructor.name : typeof entry;
}

/** SHA-256 of a plain value, whatever the order of its keys: `sha256:…`. */
export function checksumOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_name, entry: unknown) =>
    isObject(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : entry,
  );
  return `sha256:${createHash('sha256').update(sorted).digest('hex')}`;
}

/** Every value in which two plain values differ, by path. */
export function differencesOf(earlier: unknown, now: unknown, path = ''): IdentityDifference[] {
  if (isDeepStrictEqual(earlier, now)) return [];
  if (!isObject(earlier) || !isObject(now)) return [{ path, earlier, now }];
  const names = new Set([...Object.keys(earlier), ...Object.keys(now)]);
  return [...names].flatMap((name) =>
    differencesOf(own(earlier, name), own(now, name), path === '' ? name : `${path}.${name}`),
  );
}

/** `config.training.batchSize: 100 → 64; data changed: fingerprint …`, at most five of them. */
export function describeDifferences(differences: readonly IdentityDifference[]): string {
  const shown = differences.slice(0, mostShown).map(describe);
  if (differences.length > mostShown) shown.push(`and ${differences.length - mostShown} more`);
  return shown.join('; ');
}

/** One difference in words. Fingerprints mean nothing to a reader, so the text says that the value changed. */
function describe({ path, earlier, now }: IdentityDifference): string {
  const change = `${show(earlier)} → ${show(now)}`;
  return isFingerprint(earlier) && isFingerprint(now)
    ? `${path} changed: fingerprint ${change}`
    : `${path}: ${change}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isFingerprint(value)) return value.slice(0, 'sha256:'.length + 12);
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
