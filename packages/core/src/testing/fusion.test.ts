import {
  add,
  customGrad,
  div,
  dropout,
  expandDims,
  mean,
  mul,
  onesLike,
  ones,
  softmax,
  sqrt,
  sub,
  sum,
  tidy,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Features } from '../contracts/features';
import type { Fused, Fusion } from '../contracts/fusion';
import { foldIn } from '../keys';
import { ConformanceError } from './check';
import { fusionChecks, testFusion, type FusionTestOptions } from './fusion';
import { tidyTree } from './trees';
import { attentive, dual, scoreJointly } from './tiny-fusions.testing';

testFusion(attentive, { describe, it });
testFusion(dual, { describe, it });
testFusion(
  dual,
  { describe, it },
  { image: { dim: 3, tokens: 'varies' }, text: { dim: 5, tokens: 2 } },
);
testFusion(dual, { describe, it }, { image: { dim: 3, tokens: 0 }, text: { dim: 5, tokens: 0 } });

/** The names of the checks that a fusion fails, with what they say. */
async function failures(
  create: () => Fusion,
  options?: FusionTestOptions,
): Promise<Map<string, unknown>> {
  const failed = new Map<string, unknown>();
  for (const { name, run } of fusionChecks(create, options)) {
    try {
      await run();
    } catch (error) {
      failed.set(name, error);
    }
  }
  return failed;
}

/** `attentive` with its fused pairs changed; scores are made of them. */
function altered(change: (fused: Fused, text: Features, image: Features) => Fused): () => Fusion {
  return () => {
    const base = attentive();
    const fusion: Fusion = {
      ...base,
      fuse: (params, image, text, ctx) =>
        tidyTree(() => change(base.fuse(params, image, text, ctx), text, image)),
      score: (...args) => scoreJointly(fusion, ...args),
    };
    return fusion;
  };
}

const doubledGradient = customGrad((x) => ({
  value: mul(x as Tensor, 1),
  gradFunc: (dy: Tensor) => mul(dy, 2),
}));

const broken: Record<string, { create: () => Fusion; caughtBy: string[] }> = {
  'leaks across the batch': {
    create: altered(({ joint, match }) => ({ joint: sub(joint, mean(joint, 0)), match })),
    caughtBy: ['a fused pair does not depend on the other pairs of the batch'],
  },
  'ignores the mask': {
    create: () => {
      const base = attentive();
      const unmasked = (features: Features) => ({ ...features, mask: onesLike(features.mask) });
      return {
        ...base,
        fuse: (params, image, text, ctx) =>
          tidyTree(() => base.fuse(params, unmasked(image), unmasked(text), ctx)),
        score: (params, image, text, ctx) =>
          tidy(() => base.score(params, unmasked(image), unmasked(text), ctx)),
      };
    },
    caughtBy: [
      'values at masked tokens do not matter',
      'padding a sequence further does not matter, where lengths vary',
    ],
  },
  'has a parameter that gets no gradient': {
    create: () => {
      const base = attentive();
      return {
        ...base,
        init: (...args) => ({ ...base.init(...args), 'unused.weight': ones([2, 2]) }),
      };
    },
    caughtBy: ['gradients reach every parameter'],
  },
  'lets pairs see each other through score normalisation': {
    create: () => {
      const base = attentive();
      return { ...base, score: (...args) => tidy(() => softmax(base.score(...args))) };
    },
    caughtBy: [
      'score(image i, text j) equals fuse(image i, text j).match',
      'a score does not depend on the other images and texts',
    ],
  },
  'scores images that have already seen their own text': {
    create: () => {
      const base = dual();
      return {
        ...base,
        score: (params, image, text, ctx) =>
          tidy(() => {
            const own = sum(base.fuse(params, image, text, ctx).joint, 1, true);
            const square = image.pooled.shape[0] === text.pooled.shape[0];
            const scores = base.score(params, image, text, ctx);
            return square ? add<Tensor2D>(scores, own) : scores;
          }),
      };
    },
    caughtBy: ['permuting the texts permutes the columns of the scores and nothing else'],
  },
  'hides weights outside its parameters': {
    create: () => {
      let hidden: number | undefined;
      const base = attentive();
      const fusion: Fusion = {
        ...base,
        init: (key, ...specs) => {
          hidden = (foldIn(key, 'hidden').low % 100) / 100;
          return base.init(key, ...specs);
        },
        fuse: (...args) =>
          tidyTree(() => {
            const { joint, match } = base.fuse(...args);
            return { joint: add<Tensor2D>(joint, hidden ?? 0), match };
          }),
      };
      return fusion;
    },
    caughtBy: ['all its state is in its parameters'],
  },
  'keeps factors in a list of its own, which never train': {
    create: () => {
      const base = attentive();
      const factor = 0.5 + Math.random();
      return {
        ...base,
        fuse: (...args) =>
          tidyTree(() => {
            const { joint, match } = base.fuse(...args);
            return { joint: mul<Tensor2D>(joint, factor), match };
          }),
      };
    },
    caughtBy: ['all its state is in its parameters'],
  },
  'standardises the scores over the images of the batch': {
    create: () => {
      const base = dual();
      return {
        ...base,
        score: (...args) =>
          tidy(() => {
            const scores = base.score(...args);
            return sub<Tensor2D>(scores, mean(scores, 0, true));
          }),
      };
    },
    caughtBy: [
      'score(image i, text j) equals fuse(image i, text j).match',
      'a score does not depend on the other images and texts',
    ],
  },
  'says that it takes missing rows, and reads them': {
    create: () => ({ ...dual(), takesMissing: true }),
    caughtBy: ['the values of a missing row do not matter'],
  },
  'has a wrong gradient': {
    create: altered(({ joint, match }) => ({ joint: doubledGradient(joint) as Tensor2D, match })),
    caughtBy: ['gradients equal finite differences'],
  },
  'divides by a length that may be zero': {
    create: altered(({ joint, match }) => ({
      joint: div<Tensor2D>(joint, sqrt(sum(mul(joint, joint), 1, true))),
      match,
    })),
    caughtBy: ['values and gradients are finite where every feature is 0'],
  },
  'leaks tensors': {
    create: () => {
      const base = attentive();
      return {
        ...base,
        fuse: (...args) => {
          const { joint, match } = base.fuse(...args);
          return { joint, match: add<Tensor1D>(match, 0) };
        },
      };
    },
    caughtBy: ['leaks no tensors and disposes none of its inputs'],
  },
  'draws its dropout from a global generator': {
    create: () => {
      const base = attentive();
      return {
        ...base,
        fuse: (params, image, text, ctx) =>
          tidyTree(() => {
            const { joint, match } = base.fuse(params, image, text, ctx);
            return { joint: ctx.training ? (dropout(joint, 0.5) as Tensor2D) : joint, match };
          }),
      };
    },
    caughtBy: ['inference does not depend on the key; training repeats with the same key'],
  },
  'ignores the key of its init': {
    create: () => {
      const base = attentive();
      return { ...base, init: (_, ...specs) => base.init({ high: 0, low: 7 }, ...specs) };
    },
    caughtBy: [
      'init gives finite parameters: the same for the same key, different for a different key',
    ],
  },
  'gives embeddings that are not normalised': {
    create: () => {
      const base = dual();
      return { ...base, embed: (_params, _side, { pooled }) => mul<Tensor2D>(pooled, 1) };
    },
    caughtBy: ['embeddings have unit norm, and their products order pairs as the scores do'],
  },
  'calls itself separable without embeddings': {
    create: () => ({ ...attentive(), scoring: 'separable' }),
    caughtBy: ['offers embeddings if and only if its scores are separable'],
  },
  'gives a match of the wrong shape': {
    create: altered(({ joint, match }) => ({
      joint,
      match: expandDims<Tensor>(match, 1) as Tensor1D,
    })),
    caughtBy: ['gives finite [B, D] and [B] for 1 to 3 pairs, and finite [B_i, B_t] scores'],
  },
};

describe('a fusion that breaks the contract', () => {
  it.each(Object.entries(broken))('%s', async (_, { create, caughtBy }) => {
    const failed = await failures(create);
    expect([...failed.keys()]).toEqual(expect.arrayContaining(caughtBy));
    for (const name of caughtBy) expect(failed.get(name)).toBeInstanceOf(ConformanceError);
  });

  it('fails where it reads tokens that it said it does without', async () => {
    const failed = await failures(() => ({ ...attentive(), reads: 'pooled' }));
    expect([...failed.keys()]).toEqual(["reads no tokens, as reads: 'pooled' promises"]);
    expect(String([...failed.values()][0])).toMatch(/declares reads: 'pooled', and reads more/);
  });

  it('is told what differs, where, and by how much', async () => {
    const { create } = broken['has a parameter that gets no gradient']!;
    const failed = await failures(create);
    expect([...failed.keys()]).toEqual(['gradients reach every parameter']);
    expect(String([...failed.values()][0])).toBe(
      'ConformanceError: unused.weight: parameters get no gradient; expected a gradient that is ' +
        'not zero everywhere. Use the parameter in the outputs, or leave it out of init().',
    );
  });

  it('may excuse parameters that get no gradient by construction', async () => {
    const { create } = broken['has a parameter that gets no gradient']!;
    const failed = await failures(create, { unreached: (path) => path === 'unused.weight' });
    expect([...failed.keys()]).toEqual([]);
  });
});
