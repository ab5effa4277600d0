import {
  add,
  div,
  greater,
  mean,
  mul,
  onesLike,
  sqrt,
  square,
  sub,
  tanh,
  where,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { ConfigError, foldIn, mapParams, normal, type Key } from '@crossweave/core';
import {
  checkOptions,
  fields,
  number,
  randomKey,
  recordOf,
  text,
} from '@crossweave/core/authoring';
import { branchOf } from './branch-norms';
import type { Modulation } from './modulation';

export interface OgmGeOptions {
  /**
   * For two branches, the term of the loss that says how well that branch alone does: in the paper the
   * sum over the batch of the probability of the right class by one modality. Larger is better, and
   * above 0.
   */
  readonly scores: Readonly<Record<string, string>>;
  /** α, how strongly the branch that is ahead is slowed, > 0. The paper takes 0.1 to 1. Default 0.5. */
  readonly alpha?: number;
  /**
   * GE, generalisation enhancement: noise of each gradient's own standard deviation, drawn on the host
   * for every entry of a matrix or filter of the two branches. Costs time; default: none.
   */
  readonly noise?: { readonly key: Key };
}

/**
 * On-the-fly gradient modulation (Peng et al. 2022, arXiv 2203.15332): the branch whose score is ρ > 1
 * times the other's has its gradient times 1 − tanh(α·ρ), the other's stays. For `modulate` of
 * {@link train}.
 *
 * @throws ConfigError for a wrong option; from the first step, for a term that the loss does not have.
 */
export function ogmGE(options: OgmGeOptions): Modulation {
  const checks = {
    scores: recordOf(text()),
    alpha: number({ above: 0 }),
    noise: fields({ key: randomKey() }, ['key']),
  };
  checkOptions('ogmGE', options, checks, ['scores']);
  const { scores, alpha = 0.5, noise } = options;
  const branches = Object.keys(scores);
  if (branches.length !== 2) {
    throw new ConfigError('"scores" compares two branches', {
      where: 'ogmGE',
      expected: "{ image: 'the name of a term', text: 'the name of a term' }",
      got: branches.length === 0 ? 'none' : branches.join(', '),
    });
  }
  const modulate: Modulation = (gradients, terms, step) => {
    const [first, second] = branches.map((branch) => termOf(terms, scores[branch]!));
    const factors = new Map<string, Scalar>([
      [branches[0]!, factorOf(div(first!, second!), alpha)],
      [branches[1]!, factorOf(div(second!, first!), alpha)],
    ]);
    return mapParams(gradients, (value, path): Tensor => {
      const factor = factors.get(branchOf(path));
      if (factor === undefined) return value;
      const slowed = mul(value, factor);
      if (noise === undefined || value.rank < 2) return slowed;
      const draws = normal(foldIn(foldIn(noise.key, step), path), value.shape);
      return add(slowed, mul(draws, deviationOf(value)));
    });
  };
  return Object.assign(modulate, { readsStep: noise !== undefined });
}

/** 1 − tanh(α·ρ) where ρ > 1, else 1. */
function factorOf(ratio: Scalar, alpha: number): Scalar {
  return where<Scalar>(
    greater(ratio, 1),
    sub<Scalar>(1, tanh(mul<Scalar>(ratio, alpha))),
    onesLike(ratio),
  );
}

function deviationOf(x: Tensor): Tensor {
  return sqrt(mean(square(sub(x, mean(x)))));
}

function termOf(terms: Readonly<Record<string, Scalar>>, name: string): Scalar {
  const found = terms[name];
  if (found !== undefined) return found;
  throw new ConfigError(`the loss has no term "${name}"`, {
    where: 'ogmGE, scores',
    expected: `one of ${Object.keys(terms).join(', ')}`,
  });
}
