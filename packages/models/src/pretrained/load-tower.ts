import { initialShapes, type Key, type Params } from '@crossweave/core';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import type { TowerDescription } from './families/description';

/** Where a checkpoint's weights lie. */
export interface WeightSource {
  readonly path: string;
  /** What wrappers put before all names. */
  readonly prefix: string;
}

/** A tower's parameters. @throws StateDictError unless the checkpoint has all of them. */
export async function loadTower(
  { path, prefix }: WeightSource,
  { keys, ignoreUnexpected = [] }: TowerDescription,
  encoder: { init(key: Key): Params },
): Promise<Params> {
  const { params } = await loadCheckpoint(path, {
    ...{ prefix, keyMap: keys, ignoreUnexpected },
    expected: initialShapes(encoder),
  });
  return params;
}
