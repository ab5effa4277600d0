import type { Tensor } from '@tensorflow/tfjs-core';
import { tidy, transpose } from '@tensorflow/tfjs-core';
import {
  anyOf,
  count,
  exactly,
  having,
  listOf,
  oneOf,
  recordOf,
  text,
  checkOptions,
  type Checks,
  requireText,
} from '@crossweave/core/authoring';
import type { KeyMap } from '../key-map/key-map';
import { matchChecks, matchParams, type MatchOptions } from '../key-map/match-params';
import { planLoad, type PlannedParam } from '../key-map/plan';
import type { ParamShapes } from '@crossweave/core';
import { disposeParams, type Params } from '@crossweave/core';
import { findCheckpoint, findChecks, type FindOptions } from './find-checkpoint';
import { isIndex } from './model-folder';
import { refusePickle } from './pickle';
import { readCheckpointJson } from './checkpoint-json';
import { openSafetensors } from './safetensors-source';
import { openSharded } from './sharded-source';
import { requireFloating } from '../floating';
import { requireSoundNumbers } from '../sound-numbers';
import type { NumbersCheck, TensorSource } from './tensor-source';

export interface LoadOptions extends FindOptions, Omit<MatchOptions, 'where'> {
  /**
   * The shapes of the model's parameters (`initialShapes(encoder)`). The checkpoint must have
   * exactly these. Absent: all entries are loaded.
   */
  readonly expected?: ParamShapes;
  /**
   * Converts the names of the library that wrote the checkpoint to ours. Absent: the names are the
   * same.
   */
  readonly keyMap?: KeyMap;
  /**
   * Loads only the entries whose names start with this prefix, and removes it from the paths:
   * `bert.`.
   */
  readonly prefix?: string;
  /**
   * `sound` refuses NaN, infinities and negative running variances, which sound training never
   * produces. `any` accepts all numbers. Default `sound`.
   */
  readonly numbers?: 'sound' | 'any';
}

/** Check of an option that is a key map. */
export const keyMapCheck = having('a key map, as keyMap returns it', 'toOurs', 'toTheirs');

const optionChecks: Checks<LoadOptions> = {
  ignoreUnexpected: matchChecks.ignoreUnexpected,
  ignoreMissing: matchChecks.ignoreMissing,
  ...findChecks,
  expected: recordOf(listOf(count(0))),
  keyMap: keyMapCheck,
  prefix: anyOf(text(), exactly('')),
  numbers: oneOf('sound', 'any'),
};

export interface LoadedCheckpoint {
  /** The parameters; the caller disposes them. */
  readonly params: Params;
  /**
   * The content of Hugging Face's `config.json` from the same folder, unchecked; undefined if there
   * is none.
   */
  readonly config: unknown;
  /** The metadata of the weights file: `format`, step, … */
  readonly metadata: Readonly<Record<string, string>>;
  /** The file that was read: the weights, or the index of the shards. */
  readonly path: string;
  /** Entries of the checkpoint that were not loaded because the model lacks them. */
  readonly unexpected: readonly string[];
  /** Parameters of the model that the checkpoint lacks (allowed by `ignoreMissing`). */
  readonly missing: readonly string[];
}

/**
 * Loads parameters from a checkpoint: a safetensors file, the index of a sharded one, a folder in
 * Hugging Face's layout (`config.json` and weights), or the id of a model on its hub that is in a
 * cache of the transformers libraries. Names and shapes are compared before values are read. Values
 * are read directly into the arrays of the tensors.
 *
 * @throws DataError when the checkpoint is missing (it says how to get it); FileFormatError when a
 *   file is damaged, contains unsound numbers, integers in the place of the weights `expected` (a
 *   quantised checkpoint), or is a PyTorch pickle (it says how to convert it);
 *   StateDictError when the checkpoint does not fit `expected`; ConfigError for wrong options.
 */
export async function loadCheckpoint(
  name: string,
  options: LoadOptions = {},
): Promise<LoadedCheckpoint> {
  requireText('loadCheckpoint', 'name', name);
  checkOptions('loadCheckpoint', options, optionChecks);
  const { weights, config } = await findCheckpoint(name, options);
  await refusePickle(weights);
  await using source = isIndex(weights)
    ? await openSharded(weights)
    : await openSafetensors(weights);
  const { chosen, unexpected, missing } = choose(source, options);
  const description = config === undefined ? undefined : await readCheckpointJson(config);
  const check = options.numbers === 'any' ? undefined : requireSoundNumbers;
  const params = await readAll(source, chosen, check);
  const { metadata, where: path } = source;
  return { params, config: description, metadata, path, unexpected, missing };
}

/** Compares names and shapes, and gives the parameters to read. */
function choose(
  source: TensorSource,
  options: LoadOptions,
): {
  chosen: ReadonlyMap<string, PlannedParam>;
  unexpected: readonly string[];
  missing: readonly string[];
} {
  const { where, entries } = source;
  const stored = Object.fromEntries([...entries].map(([name, { shape }]) => [name, shape]));
  const { ignoreUnexpected, ignoreMissing } = options;
  const { params, unknown } = planLoad(stored, { where, ...options });
  const shapes = [...params].map(([path, { shape }]): [string, readonly number[]] => [path, shape]);
  const given = Object.fromEntries([
    ...shapes,
    ...unknown.map((name): [string, readonly number[]] => [name, stored[name]!]),
  ]);
  const expected = options.expected ?? Object.fromEntries(shapes);
  const { matched, ...rest } = matchParams(expected, given, {
    where,
    ...(ignoreUnexpected && { ignoreUnexpected }),
    ...(ignoreMissing && { ignoreMissing }),
  });
  const chosen = new Map(matched.map((path) => [path, params.get(path)!]));
  if (options.expected !== undefined) {
    const types = [...chosen].map(([path, { name }]) => [path, entries.get(name)!.dtype] as const);
    requireFloating(where, types);
  }
  return { chosen, ...rest };
}

/** Reads the tensors in the order of the file, and returns them in the order of the plan. */
async function readAll(
  source: TensorSource,
  chosen: ReadonlyMap<string, PlannedParam>,
  check: NumbersCheck | undefined,
): Promise<Params> {
  const place = new Map([...source.entries.keys()].map((name, i) => [name, i]));
  const inFile = [...chosen].sort(([, a], [, b]) => {
    const apart = place.get(a.name)! - place.get(b.name)!;
    return apart === 0 ? (a.part?.index ?? 0) - (b.part?.index ?? 0) : apart;
  });
  const read = new Map<string, Tensor>();
  try {
    for (const [path, { name, part, transposed }] of inFile) {
      const tensor = await source.read(name, part, check);
      read.set(path, transposed ? turned(tensor) : tensor);
    }
  } catch (error) {
    disposeParams(Object.fromEntries(read));
    throw error;
  }
  return Object.fromEntries([...chosen.keys()].map((path) => [path, read.get(path)!]));
}

function turned(tensor: Tensor): Tensor {
  const result = tidy(() => transpose(tensor));
  tensor.dispose();
  return result;
}
