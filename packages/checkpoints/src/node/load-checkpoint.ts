import type { Tensor } from '@tensorflow/tfjs-core';
import { tidy, transpose } from '@tensorflow/tfjs-core';
import {
  anyOf,
  boolean,
  count,
  exactly,
  having,
  listOf,
  oneOf,
  recordOf,
  text,
} from '@crossweave/core/authoring';
import { checkOptions, type Checks } from '@crossweave/core/authoring';
import { requireText } from '@crossweave/core/authoring';
import type { KeyMap } from '../key-map/key-map';
import { matchChecks, matchParams, type MatchOptions } from '../key-map/match-params';
import { planLoad, type PlannedParam } from '../key-map/plan';
import type { ParamShapes } from '@crossweave/core';
import { disposeParams, type Params } from '@crossweave/core';
import { findCheckpoint, type FindOptions } from './find-checkpoint';
import { isRevision } from './hub-caches';
import { isIndex } from './model-folder';
import { refusePickle } from './pickle';
import { readCheckpointJson } from './checkpoint-json';
import { openSafetensors } from './safetensors-source';
import { openSharded } from './sharded-source';
import { requireSoundNumbers } from '../sound-numbers';
import type { NumbersCheck, TensorSource } from './tensor-source';

export interface LoadOptions extends FindOptions, Omit<MatchOptions, 'where'> {
  /**
   * The shapes of the model's parameters (`initialShapes(encoder)`): the checkpoint must have
   * these and no others. Absent: whatever is there is loaded.
   */
  readonly expected?: ParamShapes;
  /** Of the library that wrote the checkpoint, where its names are not ours. */
  readonly keyMap?: KeyMap;
  /** Loads the entries whose names start with it, and leaves it out of their paths: `bert.`. */
  readonly prefix?: string;
  /**
   * `sound` refuses numbers that no training leaves: NaN, infinities, negative running variances.
   * `any` takes whatever the file holds. Default `sound`.
   */
  readonly numbers?: 'sound' | 'any';
}

/** A key map, in options. */
export const keyMapCheck = having('a key map, as keyMap gives it', 'toOurs', 'toTheirs');

const optionChecks: Checks<LoadOptions> = {
  ignoreUnexpected: matchChecks.ignoreUnexpected,
  ignoreMissing: matchChecks.ignoreMissing,
  revision: {
    expected: 'a branch, a tag or a commit',
    accepts: (value) => typeof value === 'string' && isRevision(value),
  },
  cacheFolder: text(),
  download: boolean(),
  endpoint: text(),
  expected: recordOf(listOf(count(0))),
  keyMap: keyMapCheck,
  prefix: anyOf(text(), exactly('')),
  numbers: oneOf('sound', 'any'),
};

export interface LoadedCheckpoint {
  /** The caller's to dispose. */
  readonly params: Params;
  /** Hugging Face's `config.json` from the same folder, unchecked; undefined without one. */
  readonly config: unknown;
  /** The weights' own notes: `format`, step, … */
  readonly metadata: Readonly<Record<string, string>>;
  /** The file that was read: weights, or the index of their shards. */
  readonly path: string;
  /** Entries of the checkpoint that were left out because the model has no place for them. */
  readonly unexpected: readonly string[];
  /** Parameters of the model that the checkpoint lacks, as `ignoreMissing` allows. */
  readonly missing: readonly string[];
}

/**
 * Parameters from a checkpoint: a safetensors file, the index of a sharded one, a folder of Hugging
 * Face's (`config.json` and weights), or the id of a model on its hub that lies in a cache of the
 * transformers libraries. Names and shapes are compared before a value is read; values go
 * from the file straight into the arrays of their tensors.
 *
 * @throws DataError when it is missing, with how to get it; FileFormatError when it is damaged, holds
 * numbers that no training leaves, or is a PyTorch pickle, with how to convert it; StateDictError when
 * it does not fit `expected`; ConfigError for options that are wrong.
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

/** The parameters to read, once names and shapes have been found to fit. */
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
  return { chosen: new Map(matched.map((path) => [path, params.get(path)!])), ...rest };
}

/** Reads in the order of the file, and returns in the order of the plan. */
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
