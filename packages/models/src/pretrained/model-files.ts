import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { readJson } from '@crossweave/core/node';
import { findCheckpoint, listCheckpoint, type FindOptions } from '@crossweave/checkpoints/node';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The files of a checkpoint that say what it is. */
export interface ModelFiles {
  /** What the user called it. */
  readonly name: string;
  readonly folder: string;
  /** A safetensors file, or the index of several. */
  readonly weights: string;
  /** Names of its tensors. */
  readonly tensors: readonly string[];
  /** Their shapes, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** `config.json`. */
  readonly config: JsonObject | undefined;
  /** A file beside the weights. @throws FileFormatError when it is no JSON object. */
  json(file: string): Promise<JsonObject | undefined>;
}

/** @throws DataError, FileFormatError or ConfigError as `loadCheckpoint`. */
export async function modelFiles(name: string, options: FindOptions): Promise<ModelFiles> {
  const { weights } = await findCheckpoint(name, options);
  const folder = dirname(weights);
  const json = (file: string): Promise<JsonObject | undefined> => objectIn(join(folder, file));
  const { shapes } = await listCheckpoint(weights);
  return {
    ...{ name, folder, weights, json },
    tensors: Object.keys(shapes),
    shapes,
    config: await json('config.json'),
  };
}

async function objectIn(path: string): Promise<JsonObject | undefined> {
  if (!existsSync(path)) return undefined;
  const value = await readJson(path);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  // `modules.json` is a list.
  if (Array.isArray(value)) return { list: value };
  throw new FileFormatError('this is no JSON object', { where: path });
}

/** The entries but for one. */
export function without(config: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== name));
}

/** What wrappers of PyTorch put before all names: data parallel, compiled, adapted by PEFT. */
const wrappers = ['module.', '_orig_mod.', 'base_model.model.'];

/** The beginning that wrappers put before all names of a checkpoint: `module._orig_mod.`, or ''. */
export function wrapperPrefix(names: readonly string[]): string {
  let prefix = '';
  for (;;) {
    const next = wrappers.find((wrapper) =>
      names.every((name) => name.startsWith(prefix + wrapper)),
    );
    if (next === undefined || names.length === 0) return prefix;
    prefix += next;
  }
}
