import { add, exp, mul, scalar, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  mergeParams,
  parameter,
  scoped,
  subtree,
  withPrefix,
  withoutRecord,
  type Fusion,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';

/** What the paths of the towers' parameters begin with in a fusion of {@link withTowerScore}. */
export const towersPrefix = 'towers.';

/** What the last segment of the fusion's own first parameters begins with: they are buffers. */
const firstMark = 'buffer_first_';
const scalePath = 'towers_log_scale';

/**
 * A fusion that learns a correction of the score that trained towers give a pair:
 *
 * match(i, t) = exp(a)·s(i, t) + f(i, t) − f₀(i, t)
 *
 * where s is the logit of `towers` (a separable fusion, whose learned scale is in it), f the match
 * logit of `fusion`, f₀ that of the same fusion with the parameters that it began with, and a
 * (`towers_log_scale`) a learned scalar that is initially 0. So the first score is exactly the towers',
 * while the fusion learns as fast as alone. (A weight of f that is initially 0 has the same start, but
 * changes its sign as long as f knows nothing, and f did not come to learn.) `joint` is that of
 * `fusion`.
 *
 * The parameters are those of `fusion`, the scalar, those of `towers` under `towers.`, and the first
 * ones as buffers (`encoder.buffer_first_weight`), which are saved and never trained. `init` draws the
 * towers anew: give their trained values to `train` as `initial` (with `ignoreMissing` for the others),
 * and freeze what begins with `fusion.towers.` unless the towers shall learn on.
 *
 * It costs a second forward pass of the fusion. Both passes have the same dropout.
 *
 * @throws ConfigError when `towers` has no embeddings.
 */
export function withTowerScore<In extends PooledFeatures>(
  fusion: Fusion<In>,
  towers: Fusion<In>,
): Fusion<In> {
  const where = 'withTowerScore';
  if (towers.embed === undefined) {
    throw new ConfigError('the towers have no embeddings', {
      where,
      expected: 'a separable fusion, such as dualEncoder()',
      got: towers.name,
    });
  }
  const corrected = <T extends Tensor>(params: Params, known: T, now: T, first: T): T =>
    add(mul(known, exp(parameter<Scalar>(params, scalePath))), sub(now, first));
  const takesMissing = fusion.takesMissing === true && towers.takesMissing === true;

  return {
    name: `${fusion.name} + towers`,
    family: fusion.family,
    scoring: 'joint',
    reads: fusion.reads === 'pooled' && towers.reads === 'pooled' ? 'pooled' : 'tokens',
    ...(takesMissing && { takesMissing }),
    init: (key, image, text) => {
      const own = fusion.init(key, image, text);
      return mergeParams(
        own,
        { [scalePath]: scalar(0) },
        withPrefix(towersPrefix, towers.init(key, image, text)),
        firstOf(own),
      );
    },
    fuse: (params, image, text, ctx) =>
      tidy(() => {
        const { joint, match } = fusion.fuse(params, image, text, ctx);
        const own = subtree(params, towersPrefix);
        const known = towers.fuse(own, image, text, scoped(ctx, towersPrefix)).match;
        const first = fusion.fuse(firstIn(params), image, text, withoutRecord(ctx)).match;
        return { joint, match: corrected(params, known, match, first) };
      }),
    score: (params, image, text, ctx) =>
      tidy(() => {
        const own = subtree(params, towersPrefix);
        const known = towers.score(own, image, text, scoped(ctx, towersPrefix));
        const first = fusion.score(firstIn(params), image, text, withoutRecord(ctx));
        return corrected(params, known, fusion.score(params, image, text, ctx), first);
      }),
  };
}

/** Copies of parameters, as buffers. */
function firstOf(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([path, value]) => [
      path.replace(/[^.]+$/, (leaf) => firstMark + leaf),
      value.clone(),
    ]),
  );
}

/** The parameters that {@link firstOf} copied, by their own paths. */
function firstIn(params: Params): Params {
  const marked = /(^|\.)buffer_first_([^.]+)$/;
  return Object.fromEntries(
    Object.entries(params)
      .filter(([path]) => !path.startsWith(towersPrefix) && marked.test(path))
      .map(([path, value]) => [path.replace(marked, '$1$2'), value]),
  );
}
