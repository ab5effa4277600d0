import { listOf, text } from '@crossweave/core/authoring';
import { checkOptions, type Checks } from '@crossweave/core/authoring';
import { StateDictError, nearestName, type StateDictDifference } from '@crossweave/core';
import { anyPattern } from '@crossweave/core';
import { showShape } from '@crossweave/core';
import type { ParamShapes } from '@crossweave/core';

export interface MatchOptions {
  /** Names the checkpoint in errors. */
  readonly where?: string;
  /**
   * Entries that may be there without a place in the model (`pooler`, `classifier`), as
   * {@link pathPattern} reads them. Hugging Face's `position_ids` always may. Default none.
   */
  readonly ignoreUnexpected?: readonly string[];
  /** Parameters that the checkpoint may lack. Default none. */
  readonly ignoreMissing?: readonly string[];
}

/** Of the options, for functions that pass them on. */
export const matchChecks: Checks<MatchOptions> = {
  where: text(),
  ignoreUnexpected: listOf(text()),
  ignoreMissing: listOf(text()),
};

export interface Match {
  /** Paths that both have, in the model's order. */
  readonly matched: readonly string[];
  /** Entries without a place in the model, all of them allowed. */
  readonly unexpected: readonly string[];
  /** Parameters that the checkpoint lacks, all of them allowed. */
  readonly missing: readonly string[];
}

/** Entries of each kind that a message shows. */
const shown = 8;
/** A table of 0, 1, 2, … that old checkpoints carry; no architecture reads it. */
const neverRead = '**.position_ids';

/**
 * Compares a checkpoint's paths and shapes with a model's, strictly: a checkpoint that fits in
 * part trains a model that was never meant.
 *
 * @throws StateDictError that lists what is missing, unexpected (with the nearest names) and of
 * another shape, and carries all of it as `difference`; ConfigError for options that are wrong.
 */
export function matchParams(
  expected: ParamShapes,
  given: ParamShapes,
  options: MatchOptions = {},
): Match {
  checkOptions('matchParams', options, matchChecks);
  const mayBeThere = anyPattern([neverRead, 'position_ids', ...(options.ignoreUnexpected ?? [])]);
  const mayLack = anyPattern(options.ignoreMissing ?? []);
  const matched = Object.keys(expected).filter((path) => Object.hasOwn(given, path));
  const lacking = Object.keys(expected).filter((path) => !Object.hasOwn(given, path));
  const extra = Object.keys(given).filter((path) => !Object.hasOwn(expected, path));
  const wrongShape = matched.flatMap((path) => {
    const [want, got] = [expected[path]!, given[path]!];
    const equal = want.length === got.length && want.every((size, i) => size === got[i]);
    return equal ? [] : [{ path, expected: want, got }];
  });
  const missing = lacking.filter((path) => !mayLack(path));
  const unexpected = extra.filter((path) => !mayBeThere(path));
  if (missing.length + unexpected.length + wrongShape.length > 0) {
    throw new StateDictError(describe(expected, given, { missing, unexpected, wrongShape }), {
      where: options.where,
      difference: { missing, unexpected, wrongShape },
      advice: advise(given, { missing, unexpected, wrongShape }),
    });
  }
  return { matched, unexpected: extra, missing: lacking };
}

function describe(
  expected: ParamShapes,
  given: ParamShapes,
  { missing, unexpected, wrongShape }: StateDictDifference,
): string {
  const total = Object.keys(expected).length;
  const fit = Object.keys(expected).filter((path) => Object.hasOwn(given, path)).length;
  const lines = [
    `the checkpoint does not fit the model: ${fit - wrongShape.length} of ${total} parameters fit`,
    list('missing', missing, (path) => {
      const nearest = nearestName(path, unexpected);
      const hint = nearest === undefined ? '' : ` (nearest: ${nearest})`;
      return `${path} ${showShape(expected[path]!)}${hint}`;
    }),
    list('unexpected', unexpected, (path) => `${path} ${showShape(given[path]!)}`),
    list('wrong shape', wrongShape, ({ path, expected: want, got }) => {
      return `${path} expected ${showShape(want)}, got ${showShape(got)}`;
    }),
  ];
  return lines.filter((line) => line !== undefined).join('\n  ');
}

function list<Item>(
  title: string,
  items: readonly Item[],
  show: (item: Item) => string,
): string | undefined {
  if (items.length === 0) return undefined;
  const more = items.length > shown ? [`and ${items.length - shown} more`] : [];
  return `${title} (${items.length}): ${[...items.slice(0, shown).map(show), ...more].join('; ')}`;
}

function advise(
  given: ParamShapes,
  { missing, unexpected, wrongShape }: StateDictDifference,
): string {
  if (missing.length > 0 && unexpected.length > 0) {
    const all = Object.keys(given);
    const theirs = commonPrefix(missing, unexpected);
    if (theirs !== undefined) {
      const every = all.every((path) => path.startsWith(theirs));
      return `${every ? 'All keys start' : 'The parameters lie'} ${every ? 'with' : 'under'} "${theirs}": load with prefix "${theirs}".`;
    }
    const ours = commonPrefix(unexpected, missing);
    if (ours !== undefined) {
      return `The model's parameters start with "${ours}": load the part of it that lies there.`;
    }
  }
  if (missing.length === 0 && wrongShape.length === 0) {
    return 'Choose the architecture they belong to, or list what may be left out in ignoreUnexpected.';
  }
  return 'Choose the architecture and sizes the checkpoint was made with, or a key map of the library that wrote it.';
}

/** A beginning, ending in a dot, that makes most of `paths` entries of `candidates`. */
function commonPrefix(paths: readonly string[], candidates: readonly string[]): string | undefined {
  const known = new Set(candidates);
  const [first = ''] = paths;
  const prefixes = candidates
    .filter((candidate) => candidate.endsWith(`.${first}`))
    .map((candidate) => candidate.slice(0, -first.length));
  return prefixes.find((prefix) => {
    return paths.filter((path) => known.has(prefix + path)).length > paths.length / 2;
  });
}
