import {
  add,
  concat,
  div,
  expandDims,
  matMul,
  mul,
  relu,
  reshape,
  softmax,
  sqrt,
  squeeze,
  sub,
  sum,
  tidy,
  type Rank,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { PooledFeatures } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { foldIn, normal } from '../keys';
import { parameter, type Params } from '../params';
import { takeRows, tidyTree } from './trees';

const width = 4;

/** Text queries attend to the image's tokens: enough to need masks on both sides. */
export function attentive(): Fusion {
  const fusion: Fusion = {
    name: 'attentive',
    family: 'cross-attention',
    scoring: 'joint',
    init: (key, image, text) => ({
      'image.weight': normal(foldIn(key, 'image.weight'), [image.dim, width], 0, 0.3),
      'text.weight': normal(foldIn(key, 'text.weight'), [text.dim, width], 0, 0.3),
      'head.weight': normal(foldIn(key, 'head.weight'), [width, 1], 0, 0.3),
    }),
    fuse: (params, image, text) =>
      tidyTree(() => {
        const keys = project(params, 'image.weight', image.tokens);
        const queries = project(params, 'text.weight', text.tokens);
        const hidden = add(
          matMul(queries, keys, false, true),
          mul(sub(expandDims(image.mask, 1), 1), 1e9),
        );
        const attended = relu(add(matMul(softmax(hidden), keys), queries));
        const weights = expandDims<Tensor3D>(text.mask, 2);
        const joint = sum<Tensor2D>(mul(attended, weights), 1);
        const match = squeeze<Tensor1D>(
          matMul(joint, parameter<Tensor2D>(params, 'head.weight')),
          [1],
        );
        return { joint, match };
      }),
    score: (params, image, text, ctx) => scoreJointly(fusion, params, image, text, ctx),
  };
  return fusion;
}

export function scoreJointly(fusion: Fusion, ...args: Parameters<Fusion['score']>): Tensor2D {
  const [params, image, text, ctx] = args;
  return tidy(() => {
    const [images, texts] = [image.pooled.shape[0], text.pooled.shape[0]];
    const pairs = Array.from({ length: images * texts }, (_, i) => i);
    const { match } = fusion.fuse(
      params,
      takeRows(
        image,
        pairs.map((pair) => Math.floor(pair / texts)),
      ),
      takeRows(
        text,
        pairs.map((pair) => pair % texts),
      ),
      ctx,
    );
    return reshape<Rank.R2>(match, [images, texts]);
  });
}

function project(params: Params, path: string, tokens: Tensor3D): Tensor3D {
  const [batch, count, dim] = tokens.shape;
  const flat = matMul(reshape(tokens, [batch * count, dim]), parameter<Tensor2D>(params, path));
  return reshape(flat, [batch, count, width]);
}

/** Cosine of two projected summaries. */
export function dual(): Fusion<PooledFeatures> {
  const embed: NonNullable<Fusion<PooledFeatures>['embed']> = (params, side, { pooled }) =>
    tidy(() => {
      const projected = matMul(pooled, parameter<Tensor2D>(params, `${side}.weight`));
      const length = sqrt(add(sum(mul(projected, projected), 1, true), 1e-12));
      return div<Tensor2D>(projected, length);
    });
  return {
    name: 'dual',
    family: 'late',
    scoring: 'separable',
    reads: 'pooled',
    init: (key, image, text) => ({
      'image.weight': normal(foldIn(key, 'image.weight'), [image.dim, width]),
      'text.weight': normal(foldIn(key, 'text.weight'), [text.dim, width]),
    }),
    embed,
    fuse: (params, image, text, ctx) =>
      tidyTree(() => {
        const [a, b] = [embed(params, 'image', image, ctx), embed(params, 'text', text, ctx)];
        return { joint: concat([a, b], 1), match: sum<Tensor1D>(mul(a, b), 1) };
      }),
    score: (params, image, text, ctx) =>
      tidy(() =>
        matMul(embed(params, 'image', image, ctx), embed(params, 'text', text, ctx), false, true),
      ),
  };
}
