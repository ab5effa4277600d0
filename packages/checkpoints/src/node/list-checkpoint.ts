import type { ParamShapes } from '@crossweave/core';
import { isIndex } from './model-folder';
import { refusePickle } from './pickle';
import { openSafetensors } from './safetensors-source';
import { openSharded } from './sharded-source';

/** What a checkpoint holds, without a value of it. */
export interface CheckpointList {
  /** By the names in the file. */
  readonly shapes: ParamShapes;
  /** The file's own notes: `format`, step, … */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Names and shapes of a checkpoint's tensors: of a safetensors file, or of the index of a sharded
 * one, as `findCheckpoint` gives it. Headers alone are read.
 *
 * @throws DataError when the file is missing; FileFormatError when it is damaged or a PyTorch file.
 */
export async function listCheckpoint(weights: string): Promise<CheckpointList> {
  await refusePickle(weights);
  await using source = isIndex(weights)
    ? await openSharded(weights)
    : await openSafetensors(weights);
  const shapes = [...source.entries].map(([name, { shape }]) => [name, shape] as const);
  return { shapes: Object.fromEntries(shapes), metadata: source.metadata };
}
