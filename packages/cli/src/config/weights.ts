import {
  disposeParams,
  initialShapes,
  lookUp,
  mergeParams,
  withPrefix,
  type Key,
  type Params,
} from '@crossweave/core';
import { type KeyMap } from '@crossweave/checkpoints';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import { keyMaps } from './key-maps';
import type { EncoderConfig } from './schema';

/** What adapters start with is drawn, whatever the checkpoint. */
const adapters = ['**.lora_A', '**.lora_B'];

/** An encoder of a config and what was built of it. */
interface Tower {
  readonly config: EncoderConfig;
  readonly encoder: { init(key: Key): Params };
}

/**
 * The parameters that training begins with, where a config names checkpoints: by paths of the joint
 * model, the caller's to dispose.
 *
 * @throws DataError, FileFormatError or StateDictError as `loadCheckpoint`: a checkpoint must have
 * all of an encoder's parameters and no others.
 */
export async function initialWeights(towers: Readonly<Record<string, Tower>>): Promise<Params> {
  const loaded: Params[] = [];
  try {
    for (const [part, { config, encoder }] of Object.entries(towers)) {
      if (config.weights === undefined) continue;
      const { from, keys, ignoreMissing = [], ...options } = config.weights;
      const { params } = await loadCheckpoint(from, {
        ...options,
        expected: initialShapes(encoder),
        ignoreMissing: [...ignoreMissing, ...adapters],
        ...(keys !== undefined && {
          keyMap: lookUp<KeyMap>(`${part}.weights.keys`, keyMaps, keys),
        }),
      });
      loaded.push(withPrefix(`${part}.`, params));
    }
  } catch (error) {
    loaded.forEach(disposeParams);
    throw error;
  }
  return mergeParams(...loaded);
}
