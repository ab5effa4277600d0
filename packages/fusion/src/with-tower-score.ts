import { add, exp, mul, scalar, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  mapFeatures,
  mergeParams,
  parameter,
  scoped,
  subtree,
  withPrefix,
  type Fusion,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { withConfig } from '@crossweave/core/authoring';
import { repeatRows } from '@crossweave/core/nn';

/** What the paths of the towers' parameters begin with in a fusion of {@link withTowerScore}. */
export const towersPrefix = 'towers.';

const scalePath = 'towers_log_scale';
const weightPath = 'correction_weight';

/**
 * A fusion that learns a correction of the score that trained towers give a pair:
 *
 * match(i, t) = exp(a)·s(i, t) + w·f(i, t)
 *
 * where s is the logit of `towers` (a separable fusion, whose learned scale is in it), f the match
 * logit of `fusion`, and a (`towers_log_scale`) and w (`correction_weight`) are learned scalars that
 * are initially 0. So the first score is exactly the towers', and training can only add to it (the
 * gate that is initially 0 is that of ReZero, arXiv 2003.04887). `joint` is that of `fusion`.
 *
 * The parameters are those of `fusion`, both scalars, and those of `towers` under `towers.`. `init`
 * draws the latter anew: give their trained values to `train` as `initial` (with `ignoreMissing` for
 * the others), and freeze what begins with `fusion.towers.` unless the towers shall learn on.
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
  const corrected = <T extends Tensor>(params: Params, ofTowers: T, correction: T): T =>
    add(
      mul(ofTowers, exp(parameter<Scalar>(params, scalePath))),
      mul(correction, parameter<Scalar>(params, weightPath)),
    );
  const takesMissing = fusion.takesMissing === true && towers.takesMissing === true;

  return withConfig(
    where,
    { fusion, towers },
    {
      name: `${fusion.name} + towers`,
      family: fusion.family,
      scoring: 'joint',
      reads: fusion.reads === 'pooled' && towers.reads === 'pooled' ? 'pooled' : 'tokens',
      ...(takesMissing && { takesMissing }),
      sharesImages: fusion.sharesImages === true,
      init: (key, image, text) =>
        mergeParams(
          fusion.init(key, image, text),
          { [scalePath]: scalar(0), [weightPath]: scalar(0) },
          withPrefix(towersPrefix, towers.init(key, image, text)),
        ),
      fuse: (params, image, text, ctx) =>
        tidy(() => {
          const { joint, match } = fusion.fuse(params, image, text, ctx);
          const own = subtree(params, towersPrefix);
          const count = text.pooled.shape[0] / image.pooled.shape[0];
          const each = mapFeatures(image, (x) => repeatRows(x, count));
          const known = towers.fuse(own, each, text, scoped(ctx, towersPrefix)).match;
          return { joint, match: corrected(params, known, match) };
        }),
      score: (params, image, text, ctx) =>
        tidy(() => {
          const own = subtree(params, towersPrefix);
          const known = towers.score(own, image, text, scoped(ctx, towersPrefix));
          return corrected(params, known, fusion.score(params, image, text, ctx));
        }),
    },
  );
}
