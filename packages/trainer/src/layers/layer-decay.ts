import { ConfigError, initialShapes, type Key, type Params } from '@crossweave/core';
import { checkNumber } from '../check';
import { layerRow, type LayerOf } from './encoder-layers';

/** Rates fall by this factor from layer to layer, in (0, 1]; a `layerOf` for names of your own. */
export type LayerDecay = number | { readonly decay: number; readonly layerOf: LayerOf };

/**
 * Layer-wise learning-rate decay (BEiT, ELECTRA; timm's `layer_decay`): a parameter of layer i of n
 * learns at decay^(n − 1 − i) of its rate. Embeddings are layer 0 and the head, which does not
 * decay, is layer n − 1. Pass the result as `rateScale` to {@link adamW} or {@link sgd}, where it
 * multiplies the scheduled rate at each step.
 *
 * ```ts
 * adamW({ rateScale: layerDecay(model, { 'text.': 0.9, 'image.': 0.75 }) });
 * ```
 *
 * @param decays by the paths' beginnings (of the parts of a joint model); other parameters keep
 * their rates.
 * @throws ConfigError for a decay out of range, a beginning no parameter has, or an unknown layer.
 */
export function layerDecay(
  model: { init(key: Key): Params },
  decays: Readonly<Record<string, LayerDecay>>,
): (path: string) => number {
  const where = 'layerDecay';
  const paths = Object.keys(initialShapes(model));
  const parts = Object.entries(decays).map(([prefix, given]) => {
    const { decay, layerOf } =
      typeof given === 'number' ? { decay: given, layerOf: undefined } : given;
    checkNumber(where, `the decay of "${prefix}"`, decay, Number.MIN_VALUE, 1 + Number.EPSILON);
    const own = paths.filter((path) => path.startsWith(prefix));
    const row = layerRow(
      own.map((path) => path.slice(prefix.length)),
      layerOf,
    );
    if (row.count === 0) {
      throw new ConfigError(`no layers lie under "${prefix}"`, {
        where,
        expected: `the beginning of paths like ${paths.slice(0, 3).join(', ')}`,
      });
    }
    const scale = (path: string): number =>
      decay ** (row.count + 1 - row.rank(path.slice(prefix.length)));
    return { prefix, scale };
  });
  return (path) => parts.find(({ prefix }) => path.startsWith(prefix))?.scale(path) ?? 1;
}
