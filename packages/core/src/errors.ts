import { distance as levenshtein } from 'fastest-levenshtein';

const marker = Symbol.for('crossweave.error');

/** What every crossweave error carries besides its message. */
export interface ErrorDetails {
  /** Where it happened: a function, a file with a line, a config path. */
  where?: string | undefined;
  expected?: unknown;
  got?: unknown;
  /** What the user can do about it, one sentence. */
  advice?: string | undefined;
  cause?: unknown;
}

/**
 * Base of all errors crossweave throws on purpose. Recognise them with
 * {@link isCrossweaveError}, which also works across two copies of the package.
 */
export class CrossweaveError extends Error {
  // In so many words, as in every class below: minifiers rename classes.
  override readonly name: string = 'CrossweaveError';
  readonly [marker] = true;
  readonly code: string;
  readonly where: string | undefined;
  readonly expected: unknown;
  readonly got: unknown;
  readonly advice: string | undefined;
  /** The message without the advice, for callers that advise in words of their own. */
  readonly summary: string;

  constructor(code: string, what: string, details: ErrorDetails = {}) {
    const summary = composeSummary(what, details);
    super(
      details.advice === undefined
        ? summary
        : `${summary} ${bounded(details.advice, longest.advice)}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.summary = summary;
    this.code = code;
    this.where = details.where;
    this.expected = details.expected;
    this.got = details.got;
    this.advice = details.advice;
  }
}

export function isCrossweaveError(error: unknown): error is CrossweaveError {
  return typeof error === 'object' && error !== null && marker in error;
}

/** A tensor whose shape or type does not fit. */
export class ShapeError extends CrossweaveError {
  override readonly name: string = 'ShapeError';

  constructor(what: string, details?: ErrorDetails) {
    super('shape', what, details);
  }
}

/** A value outside its allowed range, an unknown name, a misspelt key. */
export class ConfigError extends CrossweaveError {
  override readonly name: string = 'ConfigError';

  constructor(what: string, details?: ErrorDetails) {
    super('config', what, details);
  }
}

/** How the parameters of a checkpoint differ from those of a model. */
export interface StateDictDifference {
  /** The model's parameters that the checkpoint lacks. */
  readonly missing: readonly string[];
  /** The checkpoint's entries that the model has no place for. */
  readonly unexpected: readonly string[];
  readonly wrongShape: readonly {
    readonly path: string;
    readonly expected: readonly number[];
    readonly got: readonly number[];
  }[];
}

/** Parameters that are missing, unexpected or of the wrong shape. */
export class StateDictError extends CrossweaveError {
  override readonly name: string = 'StateDictError';
  /** All of it, where two whole trees were compared; the message shows the beginning. */
  readonly difference: StateDictDifference | undefined;

  constructor(what: string, details: ErrorDetails & { difference?: StateDictDifference } = {}) {
    super('state-dict', what, details);
    this.difference = details.difference;
  }
}

/** Data on disk that is missing, damaged or empty. */
export class DataError extends CrossweaveError {
  override readonly name: string = 'DataError';
  /**
   * Options under which the same call may succeed, by their names:
   * `{ columns: { image: 'filepath', caption: 'title' } }`. The advice says the same in words; a
   * caller with flags of its own phrases them from here.
   */
  readonly suggestion: Readonly<Record<string, unknown>> | undefined;

  constructor(
    what: string,
    details: ErrorDetails & { suggestion?: Readonly<Record<string, unknown>> | undefined } = {},
  ) {
    super('data', what, details);
    this.suggestion = details.suggestion;
  }
}

/** No engine, or not the one that was asked for. */
export class EngineError extends CrossweaveError {
  override readonly name: string = 'EngineError';

  constructor(what: string, details?: ErrorDetails) {
    super('engine', what, details);
  }
}

/** A loss, gradient or score that is NaN or infinite. */
export class NonFiniteError extends CrossweaveError {
  override readonly name: string = 'NonFiniteError';

  constructor(what: string, details?: ErrorDetails) {
    super('non-finite', what, details);
  }
}

/** A file that is not what its name says. */
export class FileFormatError extends CrossweaveError {
  override readonly name: string = 'FileFormatError';

  constructor(what: string, details?: ErrorDetails) {
    super('file-format', what, details);
  }
}

/** Longest parts of a message, in characters: what a file holds must not fill a screen. */
const longest = { what: 400, where: 400, expected: 1600, got: 300, advice: 1600 };

function composeSummary(what: string, details: ErrorDetails): string {
  const said = bounded(what, longest.what);
  const parts = [
    details.where === undefined ? said : `${bounded(details.where, longest.where)}: ${said}`,
  ];
  if (details.expected !== undefined) {
    parts.push(`expected ${bounded(show(details.expected), longest.expected)}`);
  }
  if (details.got !== undefined) parts.push(`got ${bounded(show(details.got), longest.got)}`);
  return `${parts.join('; ')}.`.replace(/\.\.$/, '.');
}

/** At most `limit` characters, without the control characters by which a file could steer a terminal. */
function bounded(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
  return cut.replace(steering, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}

/** C0 without tab and line feed, delete, C1, and the marks that turn the direction of text. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    // It gives undefined for functions and symbols, whatever its type says.
    const json = JSON.stringify(value) as string | undefined;
    return json ?? String(value);
  } catch {
    // Circular, too deep, or with a BigInt in it.
    return Object.prototype.toString.call(value);
  }
}

/** The entry of `known` nearest to `name` by edit distance, if one is near enough to be a slip. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = levenshtein(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
