import {
  add,
  div,
  exp,
  logSoftmax,
  mean,
  mul,
  neg,
  norm,
  scalar,
  slice,
  square,
  sub,
  sum,
  tidy,
  eye,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Loss, LossResult } from '../contracts/loss';
import { stopGradient } from '../nn';
import { parameter } from '../params';
import { lossChecks, testLoss } from './loss';
import { tidyTree } from './trees';

/** Cross-entropy of each image with its own text among all, at a learned scale. */
function contrastive(): Loss {
  return {
    name: 'contrastive',
    init: () => ({ log_scale: scalar(1) }),
    compute: (params, outputs, { size }) =>
      tidyLoss(() => {
        const logits = mul<Tensor2D>(
          outputs.score(outputs.image, outputs.text),
          exp(parameter(params, 'log_scale')),
        );
        const total = neg(mean<Scalar>(sum(mul(logSoftmax(logits), eye(size)), 1)));
        return { total, terms: { entropy: stopGradient(total) } };
      }),
    chance: (size) => Math.log(size),
  };
}

function tidyLoss(make: () => LossResult): LossResult {
  const { total, ...terms } = tidyTree(() => {
    const result = make();
    return { ...result.terms, total: result.total };
  });
  return { total, terms };
}

testLoss(contrastive, { describe, it });

/** `contrastive` with its total changed. */
function altered(change: (total: Scalar, ...rest: Parameters<Loss['compute']>) => Scalar): Loss {
  const base = contrastive();
  return {
    ...base,
    compute: (...args) =>
      tidyLoss(() => {
        const { total, terms } = base.compute(...args);
        return { total: change(total, ...args), terms };
      }),
  };
}

const broken: Record<string, { loss: Loss; caughtBy: string[] }> = {
  'lets a gradient flow from a term': {
    loss: {
      ...contrastive(),
      compute: (...args) =>
        tidyLoss(() => {
          const { total } = contrastive().compute(...args);
          return { total, terms: { entropy: mul<Scalar>(total, 1) } };
        }),
    },
    caughtBy: ['no gradient flows from its terms'],
  },
  'claims another chance level': {
    loss: { ...contrastive(), chance: (size) => Math.log(size) + 0.1 },
    caughtBy: ['equals its chance level for features that carry no information'],
  },
  'weighs pairs by their place': {
    loss: altered((total, _params, { image }) =>
      add(total, mean<Scalar>(slice(image.pooled, [0, 0], [1, -1]))),
    ),
    caughtBy: ['permuting the pairs of a batch does not change the total'],
  },
  'divides by the number of other pairs': {
    loss: altered((total, _params, _outputs, { size }) => div(total, size - 1)),
    caughtBy: ['gives finite scalars for 1, 2 and 5 pairs'],
  },
  'divides by the number of other images': {
    loss: altered((total, _params, _outputs, { groups }) =>
      groups.length > 1 ? div(total, new Set(groups).size - 1) : total,
    ),
    caughtBy: ['gives finite scalars when every pair shares one image'],
  },
  'takes pairs of one image for negatives': {
    loss: {
      ...contrastive(),
      compute: (...args) =>
        tidyLoss(() => {
          const { total } = contrastive().compute(...args);
          return { total, terms: { negatives: scalar(args[2].size - 1) } };
        }),
    },
    caughtBy: ['reports no accuracy when no row has a negative'],
  },
  'claims an accuracy of rows without negatives': {
    loss: {
      ...contrastive(),
      compute: (...args) =>
        tidyLoss(() => {
          const { total } = contrastive().compute(...args);
          const others = new Set(args[2].groups).size - 1;
          return { total, terms: { negatives: scalar(others), accuracy: scalar(1) } };
        }),
    },
    caughtBy: ['reports no accuracy when no row has a negative'],
  },
  'has a NaN gradient at zero vectors': {
    loss: altered((total, _params, { image }) =>
      add(total, mean<Scalar>(mul(norm(image.pooled, 2, 1), 0.1))),
    ),
    caughtBy: ['values and gradients are finite where every feature is 0'],
  },
  'stops the gradient of what it should train': {
    loss: altered((total, _params, { image }) =>
      add(stopGradient(total), mul(sum(image.pooled), 0)),
    ),
    caughtBy: [
      'gradients equal finite differences',
      'gradients reach every parameter of the loss, and some feature',
    ],
  },
  'leaks tensors': {
    loss: {
      ...contrastive(),
      compute: (...args) => {
        const { total, terms } = contrastive().compute(...args);
        return { total: mul<Scalar>(total, 1), terms };
      },
    },
    caughtBy: ['leaks no tensors and disposes none of its inputs'],
  },
  'remembers the last total': {
    loss: (() => {
      let last = 0;
      return altered((total) => {
        const next = add<Scalar>(total, last);
        last = tidy(() => total.dataSync()[0]!);
        return next;
      });
    })(),
    caughtBy: ['all its state is in its parameters'],
  },
};

/** Distance from a teacher's summaries, and the mean logit of captions. */
function reading(): Loss {
  return {
    name: 'reading',
    compute: (_params, { image, teacher, captions }) =>
      tidyLoss(() => {
        const distance = sum<Scalar>(square(sub(image.pooled, teacher!.image.pooled)));
        return { total: add<Scalar>(distance, mean(captions!.logits)), terms: {} };
      }),
  };
}

const optional = { outputs: ['teacher', 'captions'], embeds: [false] } as const;
testLoss(reading, { describe, it }, optional);

describe('optional outputs', () => {
  it('are there for losses that ask for them alone', async () => {
    const order = 'permuting the pairs of a batch does not change the total';
    const check = lossChecks(reading).find(({ name }) => name === order);
    await expect(async () => check!.run()).rejects.toThrow(TypeError);
  });
});

describe('a loss that breaks the contract', () => {
  it.each(Object.entries(broken))('%s', async (_, { loss, caughtBy }) => {
    const failed: string[] = [];
    for (const { name, run } of lossChecks(() => loss)) {
      try {
        await run();
      } catch {
        failed.push(name);
      }
    }
    expect(failed).toEqual(expect.arrayContaining(caughtBy));
  });
});
