import { StateDictError, showShape } from '@crossweave/core';
import type { KeyMap, KeyTarget } from './key-map';
import type { ParamShapes } from '@crossweave/core';

/** Where a checkpoint holds the values of one of our parameters. */
export interface PlannedParam {
  /** Name of the checkpoint's tensor that holds the values. */
  readonly name: string;
  readonly part?: KeyTarget['part'];
  readonly transposed: boolean;
  /** Shape of our parameter. */
  readonly shape: readonly number[];
}

export interface LoadPlan {
  /** Planned parameters by our paths. */
  readonly params: ReadonlyMap<string, PlannedParam>;
  /** Entries of the checkpoint that no rule of the key map matches. */
  readonly unknown: readonly string[];
}

/**
 * Decides, from names and shapes only, which tensors of a checkpoint become which parameters.
 *
 * @param options.prefix the prefix of the entries to load; other entries are left out. @throws
 *   StateDictError when a fused tensor cannot be split, two tensors belong to one parameter, or no
 *   name starts with the prefix.
 */
export function planLoad(
  stored: ParamShapes,
  options: { readonly where: string; readonly prefix?: string; readonly keyMap?: KeyMap },
): LoadPlan {
  const { where, prefix = '', keyMap } = options;
  const params = new Map<string, PlannedParam>();
  const unknown: string[] = [];
  for (const [name, shape] of Object.entries(stored)) {
    if (!name.startsWith(prefix)) continue;
    const path = name.slice(prefix.length);
    const targets = keyMap === undefined ? [{ path }] : keyMap.toOurs(path);
    if (targets === undefined) unknown.push(name);
    for (const { path: ours, part, transposed = false } of targets ?? []) {
      const earlier = params.get(ours);
      if (earlier !== undefined) {
        throw new StateDictError(`two tensors of the checkpoint belong to "${ours}"`, {
          where,
          got: `${earlier.name}, ${name}`,
        });
      }
      const rows = part === undefined ? shape : partShape(where, name, shape, part.of);
      const planned = { name, transposed, shape: transposed ? [...rows].reverse() : rows };
      params.set(ours, part === undefined ? planned : { ...planned, part });
    }
  }
  if (prefix !== '' && params.size + unknown.length === 0) {
    throw new StateDictError(`no entry starts with "${prefix}"`, {
      where,
      expected: `entries such as ${prefix}weight`,
      got: Object.keys(stored).slice(0, 5).join(', '),
      advice: 'Correct the option prefix, or leave it out.',
    });
  }
  return { params, unknown };
}

function partShape(
  where: string,
  name: string,
  shape: readonly number[],
  of: number,
): readonly number[] {
  const [rows, ...rest] = shape;
  if (rows !== undefined && rows % of === 0) return [rows / of, ...rest];
  throw new StateDictError(`"${name}" cannot be split into ${of} equal parts`, {
    where,
    expected: `a multiple of ${of} on axis 0`,
    got: showShape(shape),
  });
}
