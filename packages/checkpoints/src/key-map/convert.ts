import { clone, concat, split, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { StateDictError, showShape } from '@crossweave/core';
import type { Params } from '@crossweave/core';
import type { KeyMap, KeyTarget } from './key-map';

/**
 * Converts the parameters of a different library to our names, without the entries that the map
 * drops. The result has new tensors; `params` is not disposed.
 *
 * @throws StateDictError for a path that no rule matches, two tensors for one parameter, or a fused
 *   tensor that cannot be split.
 */
export function toOurParams(params: Params, map: KeyMap): Params {
  return tidy(() => {
    const out: Record<string, Tensor> = {};
    for (const [path, value] of Object.entries(params)) {
      const targets = map.toOurs(path);
      if (targets === undefined) throw unknown(map, path);
      const parts = targets.length > 1 ? cut(map, path, value, targets.length) : [value];
      for (const [i, { path: ours, transposed }] of targets.entries()) {
        if (ours in out) {
          throw new StateDictError(`two tensors of the checkpoint belong to "${ours}"`, {
            where: map.name,
            got: path,
          });
        }
        out[ours] = transposed === true ? transpose(parts[i]!) : clone(parts[i]!);
      }
    }
    return out;
  });
}

/**
 * The inverse of {@link toOurParams}: converts our parameters to the names and shapes of a
 * different library. Entries that the map drops are absent.
 *
 * @throws StateDictError for a path that no rule matches, or a fused tensor that lacks a part.
 */
export function toTheirParams(params: Params, map: KeyMap): Params {
  return tidy(() => {
    const joined = new Map<string, { targets: KeyTarget[]; values: Tensor[] }>();
    for (const [path, value] of Object.entries(params)) {
      const found = map.toTheirs(path);
      if (found === undefined) throw unknown(map, path);
      const entry = joined.get(found.path) ?? { targets: [], values: [] };
      joined.set(found.path, entry);
      const index = found.part?.index ?? 0;
      entry.targets[index] = found;
      entry.values[index] = found.transposed === true ? transpose(value) : clone(value);
    }
    const entries = [...joined].map(([path, { targets, values }]): [string, Tensor] => {
      const count = Object.values(targets)[0]!.part?.of ?? 1;
      if (Object.keys(values).length < count) {
        throw new StateDictError(`"${path}" lacks some of its ${count} parts`, {
          where: map.name,
          advice: 'Convert the whole tree at once.',
        });
      }
      return [path, count === 1 ? values[0]! : concat(values)];
    });
    return Object.fromEntries(entries);
  });
}

function cut(map: KeyMap, path: string, value: Tensor, count: number): Tensor[] {
  if (value.rank === 0 || value.shape[0] % count !== 0) {
    throw new StateDictError(`"${path}" cannot be split into ${count} equal parts`, {
      where: map.name,
      expected: `a multiple of ${count} on axis 0`,
      got: showShape(value.shape),
    });
  }
  return split(value, count);
}

function unknown(map: KeyMap, path: string): StateDictError {
  return new StateDictError(`the key map has no rule for "${path}"`, {
    where: map.name,
    advice: 'Use the key map of this architecture and library, or leave the entry out.',
  });
}
