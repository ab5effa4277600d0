import { anyOf, fields, listOf, recordOf, text } from '@crossweave/core/authoring';
import { checkOptions, type Checks } from '@crossweave/core/authoring';
import { requireText } from '@crossweave/core/authoring';
import { ConfigError } from '@crossweave/core';

/** Where a tensor of one side stands on the other side. */
export interface KeyTarget {
  readonly path: string;
  /**
   * Their tensor is `of` tensors of ours joined along axis 0, and this is number `index` of them
   * (a fused projection of queries, keys and values). Absent: the tensors are equal.
   */
  readonly part?: { readonly index: number; readonly of: number };
  /** The tensor is a matrix that one side stores transposed. */
  readonly transposed?: boolean;
}

/**
 * How another library's checkpoint names and cuts the parameters of one of our architectures.
 * It is data about paths, so a loader can compare names and shapes before it reads a value.
 */
export interface KeyMap {
  /** For messages: `timm ViT`. */
  readonly name: string;
  /**
   * What their tensor at `path` becomes: one target, several (its parts in order), or none when
   * the map drops it (a classifier's head). `undefined`: the map knows no such path.
   */
  toOurs(path: string): readonly KeyTarget[] | undefined;
  /** Where our tensor at `path` stands in their checkpoint. `undefined`: it has no such path. */
  toTheirs(path: string): KeyTarget | undefined;
}

/** Our side of a rule: one path, several whose tensors are joined along axis 0, or a transposed matrix. */
export type KeyRule = string | readonly string[] | { readonly transposed: string };

export interface KeyMapOptions {
  /**
   * Their path patterns to ours; the first that matches counts. `*` stands for anything within a
   * segment (`layer*.*.bn*.*`), `**` for anything at all; both sides have the same stars in the
   * same order.
   */
  readonly rules: Readonly<Record<string, KeyRule>>;
  /** Beginnings of their paths that belong to no parameter of ours: `fc.`, `head.`. Default none. */
  readonly drops?: readonly string[];
  /**
   * What a checkpoint may put before all of its paths (`resnet.` of a model with a head).
   * `toOurs` accepts paths with and without; `toTheirs` gives them without. Default none.
   */
  readonly prefixes?: readonly string[];
}

const optionChecks: Checks<KeyMapOptions> = {
  rules: recordOf(
    anyOf(text(), listOf(text(), { min: 1 }), fields({ transposed: text() }, ['transposed'])),
  ),
  drops: listOf(text()),
  prefixes: listOf(text()),
};

interface Pair {
  readonly theirs: string;
  readonly ours: readonly string[];
  readonly transposed: boolean;
}

/**
 * A {@link KeyMap} of path patterns, both directions from one table.
 *
 * ```ts
 * keyMap('timm ViT', {
 *   rules: {
 *     'blocks.*.attn.qkv.*': ['query', 'key', 'value'].map((name) => `layer.*.${name}.*`),
 *     'patch_embed.proj.*': 'embeddings.projection.*',
 *   },
 *   drops: ['head.'],
 * });
 * ```
 *
 * @throws ConfigError when the two sides of a rule have other stars, or an option is wrong.
 */
export function keyMap(name: string, options: KeyMapOptions): KeyMap {
  requireText('keyMap', 'name', name);
  checkOptions('keyMap', options, optionChecks, ['rules']);
  const { rules, drops = [], prefixes = [] } = options;
  const pairs = Object.entries(rules).map(([theirs, rule]) => pairOf(name, theirs, rule));
  const mapBare = (path: string): readonly KeyTarget[] | undefined => {
    if (drops.some((beginning) => path.startsWith(beginning))) return [];
    for (const { theirs, ours, transposed } of pairs) {
      const stars = match(theirs, path);
      if (stars === undefined) continue;
      return ours.map((pattern, index) =>
        target(fill(pattern, stars), index, ours.length, transposed),
      );
    }
    return undefined;
  };
  return {
    name,
    toOurs: (path) => {
      const prefix = prefixes.find((beginning) => path.startsWith(beginning)) ?? '';
      return mapBare(path.slice(prefix.length));
    },
    toTheirs: (path) => {
      for (const { theirs, ours, transposed } of pairs) {
        for (const [index, pattern] of ours.entries()) {
          const stars = match(pattern, path);
          if (stars === undefined) continue;
          return target(fill(theirs, stars), index, ours.length, transposed);
        }
      }
      return undefined;
    },
  };
}

function pairOf(where: string, theirs: string, rule: KeyRule): Pair {
  const transposed = typeof rule === 'object' && 'transposed' in rule;
  const ours = typeof rule === 'string' ? [rule] : transposed ? [rule.transposed] : rule;
  const starsOf = (pattern: string): string => (pattern.match(star) ?? []).join(' ');
  for (const pattern of ours) {
    if (starsOf(pattern) !== starsOf(theirs)) {
      throw new ConfigError(`the sides of a rule have other stars`, {
        where,
        expected: theirs,
        got: pattern,
      });
    }
  }
  return { theirs, ours, transposed };
}

function target(path: string, index: number, of: number, transposed: boolean): KeyTarget {
  return { path, ...(of > 1 && { part: { index, of } }), ...(transposed && { transposed }) };
}

const star = /\*\*?/g;

/** What the stars of `pattern` stand for in `path`, or `undefined` when it does not match. */
function match(pattern: string, path: string): string[] | undefined {
  const escaped = pattern.replace(/[.\\+?^${}()|[\]]/g, '\\$&');
  const source = escaped.replace(star, (found) => (found === '*' ? '([^.]+)' : '(.+)'));
  return new RegExp(`^${source}$`).exec(path)?.slice(1);
}

function fill(pattern: string, stars: readonly string[]): string {
  let at = 0;
  return pattern.replace(star, () => stars[at++]!);
}
