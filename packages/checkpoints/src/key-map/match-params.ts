import { listOf, text, checkOptions, type Checks } from '@crossweave/core/authoring';
import {
  StateDictError,
  nearestName,
  type StateDictDifference,
  anyPattern,
  showShape,
} from '@crossweave/core';
import type { ParamShapes } from '@crossweave/core';

export interface MatchOptions {
  /** Name of the checkpoint in errors. */
  readonly where?: string;
  /**
   * Patterns ({@link pathPattern}) of entries that the checkpoint may have and the model lacks
   * (`pooler`, `classifier`). Hugging Face's `position_ids` are always allowed. Default none.
   */
  readonly ignoreUnexpected?: readonly string[];
  /** Patterns of parameters that the checkpoint may lack. Default none. */
  readonly ignoreMissing?: readonly string[];
}

/** Checks of the options, for functions that pass the options on. */
export const matchChecks: Checks<MatchOptions> = {
  where: text(),
  ignoreUnexpected: listOf(text()),
  ignoreMissing: listOf(text()),
};

export interface Match {
  /** Paths that checkpoint and model share, in the model's order. */
  readonly matched: readonly string[];
  /** Entries that the model lacks and `ignoreUnexpected` allows. */
  readonly unexpected: readonly string[];
  /** Parameters that the checkpoint lacks and `ignoreMissing` allows. */
  readonly missing: readonly string[];
}

/** How many entries of each kind a message shows. */
const shown = 8;
/** A table of 0, 1, 2, … in old checkpoints, which no architecture reads. */
const neverRead = '**.position_ids';

/**
 * Compares the paths and shapes of a checkpoint with those of a model. All must agree, since a
 * checkpoint that fits only in part would silently give a half-initialised model.
 *
 * @throws StateDictError that lists missing parameters, unexpected entries (with the nearest names)
 *   and different shapes, with all of them in `difference`; ConfigError for wrong options.
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
      return `In the checkpoint ${every ? 'all names' : "the model's parameters"} start with "${theirs}": load with prefix "${theirs}".`;
    }
    const ours = commonPrefix(unexpected, missing);
    if (ours !== undefined) {
      return `The names of the model's parameters start with "${ours}": load the checkpoint into that part of the model.`;
    }
  }
  if (missing.length === 0 && wrongShape.length === 0) {
    return 'Choose the architecture of the checkpoint, or list the entries that may be left out in ignoreUnexpected.';
  }
  return 'Choose the architecture and sizes of the checkpoint, or a key map of the library that wrote it.';
}

/** A prefix, ending in a dot, with which most of `paths` are in `candidates`. */
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
