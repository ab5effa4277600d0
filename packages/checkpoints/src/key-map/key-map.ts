import {
  anyOf,
  fields,
  listOf,
  recordOf,
  text,
  checkOptions,
  type Checks,
  requireText,
} from '@crossweave/core/authoring';
import { ConfigError } from '@crossweave/core';

/** The counterpart of a tensor in the other library. */
export interface KeyTarget {
  readonly path: string;
  /**
   * The library's tensor is `of` of our tensors joined along axis 0 (a fused projection of queries,
   * keys and values), and our tensor is number `index` of them. Absent: one tensor corresponds to
   * one tensor.
   */
  readonly part?: { readonly index: number; readonly of: number };
  /** Whether one of the two sides stores the matrix transposed. */
  readonly transposed?: boolean;
}

/**
 * How a different library names the parameters of one of our architectures, and which of them it
 * joins. A key map only concerns paths, so a loader can compare names and shapes before it reads
 * values.
 */
export interface KeyMap {
  /** Name for messages: `timm ViT`. */
  readonly name: string;
  /**
   * The targets of the library's tensor at `path`: one, several (its parts in order), or none if
   * the map drops the tensor (a classifier's head). `undefined`: no rule matches the path.
   */
  toOurs(path: string): readonly KeyTarget[] | undefined;
  /** The target of our tensor at `path`. `undefined`: no rule matches the path. */
  toTheirs(path: string): KeyTarget | undefined;
}

/**
 * Our side of a rule: a path, several paths whose tensors are joined along axis 0, or the path of a
 * matrix that is transposed.
 */
export type KeyRule = string | readonly string[] | { readonly transposed: string };

export interface KeyMapOptions {
  /**
   * Rules from the library's path patterns to ours; the first matching rule is used. `*` matches
   * any text within a segment (`layer*.*.bn*.*`), `**` any text. Both sides of a rule have the same
   * stars in the same order.
   */
  readonly rules: Readonly<Record<string, KeyRule>>;
  /**
   * Prefixes of the library's paths that correspond to no parameter of ours: `fc.`, `head.`.
   * Default none.
   */
  readonly drops?: readonly string[];
  /**
   * Prefixes that all paths of a checkpoint may have (`resnet.` of a model with a head). `toOurs`
   * accepts paths with and without such a prefix; `toTheirs` gives paths without it. Default none.
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
 * Makes a {@link KeyMap} for both directions from one table of path patterns.
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
 * @throws ConfigError when the stars of the two sides of a rule differ, or an option is wrong.
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
      throw new ConfigError(`the stars of the two sides of a rule differ`, {
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

/**
 * The text that each star of `pattern` matches in `path`; `undefined` if the pattern does not
 * match.
 */
function match(pattern: string, path: string): string[] | undefined {
  const escaped = pattern.replace(/[.\\+?^${}()|[\]]/g, '\\$&');
  const source = escaped.replace(star, (found) => (found === '*' ? '([^.]+)' : '(.+)'));
  return new RegExp(`^${source}$`).exec(path)?.slice(1);
}

function fill(pattern: string, stars: readonly string[]): string {
  let at = 0;
  return pattern.replace(star, () => stars[at++]!);
}
