import { distance as levenshtein } from 'fastest-levenshtein';

const marker = Symbol.for('crossweave.error');

/** The details of a crossweave error besides its message. */
export interface ErrorDetails {
  /** Where the error happened: a function, a file with a line, a config path. */
  where?: string | undefined;
  expected?: unknown;
  got?: unknown;
  /** What the user can do about the error, one sentence. */
  advice?: string | undefined;
  cause?: unknown;
}

/**
 * Base class of all errors that crossweave throws on purpose. Recognise them with {@link
 * isCrossweaveError}, which also works with two copies of the package.
 */
export class CrossweaveError extends Error {
  // A literal here and in every class below, because minifiers rename classes.
  override readonly name: string = 'CrossweaveError';
  readonly [marker] = true;
  readonly code: string;
  readonly where: string | undefined;
  readonly expected: unknown;
  readonly got: unknown;
  readonly advice: string | undefined;
  /** What happened, without the details. */
  readonly what: string;
  /** The message without the advice, for callers that give different advice. */
  readonly summary: string;

  constructor(code: string, what: string, details: ErrorDetails = {}) {
    const summary = composeSummary(what, details);
    super(
      details.advice === undefined
        ? summary
        : `${summary} ${bounded(details.advice, longest.advice)}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.what = what;
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
  /** The entries of the checkpoint that the model lacks. */
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
  /** The whole difference, if two trees were compared; the message shows only its beginning. */
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
   * Options with which the same call may succeed: `{ columns: { image: 'filepath', caption: 'title'
   * } }`. The advice says the same in words; a command line builds advice with its own flags from
   * this.
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

/** No engine works, or the requested engine does not. */
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

/** A file whose content is not in the expected format. */
export class FileFormatError extends CrossweaveError {
  override readonly name: string = 'FileFormatError';

  constructor(what: string, details?: ErrorDetails) {
    super('file-format', what, details);
  }
}

/**
 * Maximum lengths of the parts of a message, in characters, so that a file's content cannot fill
 * the screen.
 */
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

/**
 * At most `limit` characters of the text, without control characters that a terminal would
 * interpret.
 */
function bounded(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
  return cut.replace(steering, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}

/** C0 without tab and line feed, delete, C1, and the marks that change the direction of text. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    // JSON.stringify gives undefined for functions and symbols, although its type is string.
    const json = JSON.stringify(value) as string | undefined;
    return json ?? String(value);
  } catch {
    // The value is circular, too deep, or contains a BigInt.
    return Object.prototype.toString.call(value);
  }
}

/**
 * The entry of `known` with the smallest edit distance to `name`, if it is small enough for a
 * typing mistake.
 */
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
