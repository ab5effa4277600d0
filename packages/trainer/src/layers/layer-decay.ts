import { ConfigError, initialShapes, type Key, type Params } from '@crossweave/core';
import {
  anyOf,
  callback,
  fields,
  number,
  requireValue,
  withConfig,
} from '@crossweave/core/authoring';
import { covers } from '../covers';
import { layerRow, type LayerOf } from './encoder-layers';

/** Rates fall by this factor from layer to layer, in (0, 1]; a `layerOf` for names of the caller's own. */
export type LayerDecay = number | { readonly decay: number; readonly layerOf: LayerOf };

const decayCheck = number({ above: 0, max: 1 });
const check = anyOf(
  decayCheck,
  fields({ decay: decayCheck, layerOf: callback('(path)') }, ['decay', 'layerOf']),
);

/**
 * Layer-wise learning-rate decay (BEiT, ELECTRA; timm's `layer_decay`): a parameter of layer i of n
 * learns at decay^(n − 1 − i) of its rate. Embeddings are layer 0 and the head, which does not
 * decay, is layer n − 1. Pass the result as `rateScale` to {@link adamW} or {@link sgd}, where it
 * multiplies the scheduled rate at each step.
 *
 * ```ts
 * adamW({ rateScale: layerDecay(model, { text: 0.9, image: 0.75 }) });
 * ```
 *
 * @param decays by the paths' beginnings (of the parts of a joint model), of which the longest that
 * fits a path decides; other parameters keep their rates.
 * @throws ConfigError for a decay out of range, a beginning no parameter has, or an unknown layer.
 */
export function layerDecay(
  model: { init(key: Key): Params },
  decays: Readonly<Record<string, LayerDecay>>,
): (path: string) => number {
  const where = 'layerDecay';
  const paths = Object.keys(initialShapes(model));
  // Of several beginnings that fit a path the longest decides, as for learning rates.
  const longestFirst = Object.entries(decays).sort(([a], [b]) => b.length - a.length);
  const parts = longestFirst.map(([prefix, given]) => {
    requireValue(where, prefix, given, check);
    const { decay, layerOf } =
      typeof given === 'number' ? { decay: given, layerOf: undefined } : given;
    const own = paths.filter((path) => covers(prefix, path));
    const row = layerRow(
      own.map((path) => below(prefix, path)),
      layerOf,
    );
    if (row.count === 0) {
      throw new ConfigError(`no layers lie under "${prefix}"`, {
        where,
        expected: `the beginning of paths like ${paths.slice(0, 3).join(', ')}`,
      });
    }
    const scale = (path: string): number =>
      decay ** (row.count + 1 - row.rank(below(prefix, path)));
    return { prefix, scale };
  });
  return withConfig(
    where,
    { decays },
    (path) => parts.find(({ prefix }) => covers(prefix, path))?.scale(path) ?? 1,
  );
}

/** `a.b` of `prefix.a.b`. */
function below(prefix: string, path: string): string {
  return prefix === '' ? path : path.slice(prefix.length + 1);
}
