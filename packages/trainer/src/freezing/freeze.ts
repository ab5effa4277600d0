import {
  ConfigError,
  anyPattern,
  initialShapes,
  nearestName,
  pathPattern,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  anyOf,
  anything,
  callback,
  fields,
  listOf,
  oneOf,
  requireValue,
  text,
} from '@crossweave/core/authoring';
import { layerRow, type LayerOf } from '../layers/encoder-layers';
import { isAdapter } from '../lora/adapters';

/** What of an encoder stays as it is. */
export type Freezing =
  /** All of it. */
  | 'all'
  /** All of it but the adapters of `withLora`. */
  | 'base'
  /** Everything up to and with a stage or layer, named by its path: `layer2`, `encoder.layer.5`. */
  | { readonly upTo: string; readonly layerOf?: LayerOf }
  /** The embeddings (or stem) and this many layers (or blocks) after them; 0: the embeddings alone. */
  | { readonly layers: number; readonly layerOf?: LayerOf }
  /** What the patterns cover, as `pathPattern` of `@crossweave/core` reads them. */
  | { readonly paths: readonly string[] };

const layerOfCheck = callback('(path)');
const check = anyOf(
  oneOf('all', 'base'),
  fields({ upTo: text(), layerOf: layerOfCheck }, ['upTo']),
  // How many layers there are is known later.
  fields({ layers: anything(), layerOf: layerOfCheck }, ['layers']),
  fields({ paths: listOf(text(), { min: 1 }) }, ['paths']),
);

/** LiT (Zhai et al. 2022): the image tower is locked, the text tower learns to read it. */
export const lit = { image: 'all' } as const satisfies Readonly<Record<string, Freezing>>;

/**
 * The parameters that stay bit by bit as they are, for `frozen` of {@link train}: running
 * statistics are frozen with their layer and are then also the ones it uses, and a part that
 * is frozen whole runs without dropout.
 *
 * ```ts
 * train({ ...options, frozen: freeze(model, { image: { upTo: 'layer2' }, text: { layers: 6 } }) });
 * ```
 *
 * @param parts by the first word of the paths (of the parts of a joint model); paths, layers and
 * patterns are those below it.
 * @throws ConfigError when something would freeze nothing, or for a layer that is not known.
 */
export function freeze(
  model: { init(key: Key): Params },
  parts: Readonly<Record<string, Freezing | undefined>>,
): (path: string) => boolean {
  const all = Object.keys(initialShapes(model));
  const frozen = new Set<string>();
  for (const [part, freezing] of Object.entries(parts)) {
    if (freezing === undefined) continue;
    const prefix = `${part}.`;
    const own = all
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    if (own.length === 0) throw nothing(part, 'one of', firstWords(all, part));
    requireValue('freeze', part, freezing, check);
    for (const path of coveredBy(part, own, freezing)) frozen.add(prefix + path);
  }
  return (path) => frozen.has(path);
}

function coveredBy(part: string, paths: readonly string[], freezing: Freezing): readonly string[] {
  if (freezing === 'all') return paths;
  if (freezing === 'base') {
    if (paths.some(isAdapter)) return paths.filter((path) => !isAdapter(path));
    throw new ConfigError(`${part} has no adapters`, {
      where: 'freeze',
      expected: 'an encoder made by withLora',
      advice: "Wrap the encoder, or freeze 'all' of it.",
    });
  }
  if ('paths' in freezing) {
    for (const pattern of freezing.paths) {
      if (paths.some(pathPattern(pattern))) continue;
      throw nothing(`${part}: ${pattern}`, 'a pattern that covers a parameter', paths);
    }
    return paths.filter(anyPattern(freezing.paths));
  }
  const row = layerRow(paths, freezing.layerOf);
  const last = 'layers' in freezing ? freezing.layers : lastRank(part, paths, freezing.upTo, row);
  if (!Number.isInteger(last) || last < 0 || last > row.count) {
    throw new ConfigError(`"layers" of ${part} is out of range`, {
      where: 'freeze',
      expected: `a whole number from 0 to ${row.count}, or 'all'`,
      got: last,
    });
  }
  const covered = paths.filter((path) => row.rank(path) <= last);
  if (covered.length > 0) return covered;
  throw nothing(`${part}: layers ${last}`, 'a parameter there', paths);
}

/** The rank of the last layer that `name` covers. */
function lastRank(
  part: string,
  paths: readonly string[],
  name: string,
  row: ReturnType<typeof layerRow>,
): number {
  const ranks = paths.filter(pathPattern(name)).map((path) => row.rank(path));
  const last = Math.max(-1, ...ranks.filter((rank) => rank <= row.count));
  if (last >= 0) return last;
  throw nothing(`${part}: ${name}`, 'the path of a stage or layer', paths);
}

/** An option without effect is refused: its user relies on it. */
function nothing(what: string, expected: string, known: readonly string[]): ConfigError {
  const nearest = nearestName(what.replace(/^\w+: /, ''), known);
  const shown = expected === 'one of' ? known.join(', ') : `(${known.slice(0, 3).join(', ')} …)`;
  return new ConfigError(`"${what}" would freeze nothing`, {
    where: 'freeze',
    expected: `${expected} ${shown}`,
    ...(nearest !== undefined && { advice: `Did you mean "${nearest}"?` }),
  });
}

function firstWords(paths: readonly string[], wrong: string): string[] {
  const words = [...new Set(paths.map((path) => path.split('.', 1)[0]!))];
  return words.filter((word) => word !== wrong);
}
