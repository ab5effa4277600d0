import {
  ConfigError,
  countParameters,
  disposeParams,
  fusionCost,
  key,
  type FusionCostOptions,
  type Fusion,
} from '@crossweave/core';
import {
  callback,
  count,
  listOf,
  number,
  readOptions,
  requireNumber,
  requireOneOf,
  requireValue,
  type Checks,
} from '@crossweave/core/authoring';

/** The size of a fusion, which is chosen to match the cost of a different fusion. */
export interface FusionSize {
  /** A multiple of `step`. */
  readonly width: number;
  /** One of `depths`; undefined if `depths` is not given. */
  readonly depth: number | undefined;
}

export interface MatchOptions {
  /** Widths are multiples of `step`, so that heads can divide them. Default 4. */
  step?: number;
  /** Smallest width. Default `step`. */
  min?: number;
  /** Largest width. Default 4096. */
  max?: number;
  /**
   * Depths to choose from; of two equally good depths the first is chosen. Default: `make` gets no
   * depth.
   */
  depths?: readonly number[];
  /** Largest accepted relative difference from the target, above 0. Default 0.25. */
  tolerance?: number;
}

export interface MatchedFusion extends FusionSize {
  readonly fusion: Fusion;
  /** The cost of the chosen fusion, of the kind that was matched. */
  readonly reached: number;
  readonly target: number;
  /** (reached − target) / target. */
  readonly difference: number;
}

export type MatchBy = 'parameters' | 'flops' | 'scoringFlops';

const checks: Checks<MatchOptions> = {
  step: count(),
  min: count(),
  max: count(),
  depths: listOf(count(), { distinct: true }),
  tolerance: number({ above: 0 }),
};

const costs = ['parameters', 'flops', 'scoringFlops'] as const satisfies readonly MatchBy[];

/**
 * Chooses the fusion whose number of parameters is nearest to `target` (a number, or a fusion whose
 * parameters are counted), so that an ablation compares strategies and not sizes. `make` makes a
 * fusion of a given width (and depth); its cost must grow with the width.
 *
 * ```ts
 * const { fusion } = matchParameters(({ width }) => singleStream({ dim: width }), specs, coAttention());
 * ```
 *
 * @throws ConfigError for a wrong option, or when no width comes within `tolerance` of the target;
 *   it names the nearest.
 */
export function matchParameters(
  make: (size: FusionSize) => Fusion,
  specs: FusionCostOptions,
  target: number | Fusion,
  options?: MatchOptions,
): MatchedFusion {
  return matchCost('parameters', make, specs, target, options);
}

/** As {@link matchParameters}, for the floating-point operations of `fuse` for one pair. */
export function matchFlops(
  make: (size: FusionSize) => Fusion,
  specs: FusionCostOptions,
  target: number | Fusion,
  options?: MatchOptions,
): MatchedFusion {
  return matchCost('flops', make, specs, target, options);
}

/** As {@link matchParameters}, for the kind of cost that `by` names. */
export function matchCost(
  by: MatchBy,
  make: (size: FusionSize) => Fusion,
  specs: FusionCostOptions,
  target: number | Fusion,
  options: MatchOptions = {},
): MatchedFusion {
  const where = 'matchCost';
  const { step, min, max, depths, tolerance } = readOptions<MatchOptions>(
    where,
    options,
    ({ step: multiple = 4 }) => ({
      step: multiple,
      min: multiple,
      max: 4096,
      depths: [],
      tolerance: 0.25,
    }),
    checks,
  );
  requireOneOf(where, 'by', by, costs);
  requireValue(where, 'make', make, callback('of { width, depth } that returns a fusion'));
  const wanted = typeof target === 'object' ? costOf(target, specs, by) : target;
  requireNumber(where, 'target', wanted, { min: 1 });

  const tried = (width: number, depth: number | undefined): MatchedFusion => {
    const fusion = make({ width, depth });
    const reached = costOf(fusion, specs, by);
    return {
      fusion,
      width,
      depth,
      reached,
      target: wanted,
      difference: (reached - wanted) / wanted,
    };
  };
  const [low, high] = [Math.ceil(min / step), Math.floor(max / step)];
  if (low > high) {
    throw new ConfigError('no multiple of "step" lies between "min" and "max"', {
      where,
      expected: `at least one multiple of ${step} in the range`,
      got: `${min} and ${max}`,
    });
  }
  const nearest = (depths.length === 0 ? [undefined] : depths)
    .map((depth) => nearestWidth((steps) => tried(steps * step, depth), low, high))
    .reduce((best, next) => (distance(next) < distance(best) ? next : best));
  if (distance(nearest) <= tolerance) return nearest;
  const { fusion, reached, difference } = nearest;
  throw new ConfigError(`no width gives ${fusion.name.replace(/\(.*/, '')} the ${by} asked for`, {
    where,
    expected: `${wanted} within ${tolerance * 100} %`,
    got: `${reached} at best (${fusion.name}, ${(difference * 100).toFixed(1)} %)`,
    advice:
      'Change the target, the range of widths, the depths, the other options or the tolerance.',
  });
}

/** The cost of the kind `by`. (Counting parameters needs no forward pass.) */
function costOf(fusion: Fusion, specs: FusionCostOptions, by: MatchBy): number {
  if (by !== 'parameters') return fusionCost(fusion, specs)[by];
  const params = fusion.init(key(0), specs.image, specs.text);
  const count = countParameters(params);
  disposeParams(params);
  return count;
}

function distance({ difference }: MatchedFusion): number {
  return Math.abs(difference);
}

/**
 * Doubles the width until the cost is reached, so that no much larger fusion is made, then bisects.
 */
function nearestWidth(
  tried: (steps: number) => MatchedFusion,
  low: number,
  high: number,
): MatchedFusion {
  let below = tried(low);
  if (below.difference >= 0) return below;
  let [from, to] = [low, low];
  let above = below;
  while (above.difference < 0) {
    if (to === high) return above;
    [from, below] = [to, above];
    to = Math.min(2 * to, high);
    above = tried(to);
  }
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    const found = tried(middle);
    if (found.difference < 0) [from, below] = [middle, found];
    else [to, above] = [middle, found];
  }
  return distance(below) <= distance(above) ? below : above;
}
