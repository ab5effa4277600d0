import { matMul, mul, ones, reshape, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { key, type Features, type ModelOutputs } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { expectFixture, loadFixture } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { createLoss } from './registry';

const fixture = loadFixture(new URL('../fixtures/losses.json', import.meta.url));

interface CaseOptions {
  readonly loss: string;
  readonly options: object;
  readonly groups: readonly string[];
  readonly embedded: boolean;
}

const features = (pooled: Tensor2D): Features => ({
  tokens: reshape(pooled, [pooled.shape[0], 1, pooled.shape[1]]),
  mask: ones([pooled.shape[0], 1]),
  pooled,
});

/** The least model: rows are embeddings, or their dot products are logits. */
function outputs(inputs: Readonly<Record<string, Tensor2D>>, embedded: boolean): ModelOutputs {
  return {
    image: features(inputs['image']!),
    text: features(inputs['text']!),
    ...(inputs['negatives'] && { negatives: features(inputs['negatives']) }),
    fuse: (image, text) => {
      const joint = mul<Tensor2D>(image.pooled, text.pooled);
      return { joint, match: sum<Tensor1D>(joint, 1) };
    },
    score: (image, text) => matMul(image.pooled, text.pooled, false, true),
    ...(embedded && { embed: (_: 'image' | 'text', { pooled }: Features) => normalize(pooled) }),
  };
}

it.each(fixture.names)('%s has the values and gradients of PyTorch', (name) =>
  tidy(() => {
    const given = fixture.case(name);
    const { loss: kind, options, groups, embedded } = given.options as unknown as CaseOptions;
    const loss = createLoss(kind, options);
    expect(Object.keys(loss.init?.(key(0)) ?? {})).toEqual(Object.keys(given.params));
    const batch = { size: groups.length, ids: groups, groups, image: undefined, text: undefined };
    expectFixture(given, (params, inputs) => {
      const model = outputs(inputs as Record<string, Tensor2D>, embedded);
      const { total } = loss.compute(params, model, batch, { training: true, key: key(3) });
      return { total };
    });
  }),
);
