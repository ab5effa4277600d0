import type { ParamShapes } from '@crossweave/core';
import { isIndex } from './model-folder';
import { refusePickle } from './pickle';
import { openSafetensors } from './safetensors-source';
import { openSharded } from './sharded-source';

/** The names, shapes and metadata of a checkpoint, without its values. */
export interface CheckpointList {
  /** Shapes by the names in the file. */
  readonly shapes: ParamShapes;
  /** The metadata of the file: `format`, step, … */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the names and shapes of a checkpoint's tensors. `weights` is a safetensors file or the
 * index of a sharded checkpoint, as `findCheckpoint` returns it. Only headers are read.
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
