import { concat, dispose, engine, memory, slice, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { foldIn, key, mergeParams, normal } from '@crossweave/core';
import type { Context, Loss, ModelOutputs, Params, PooledFeatures } from '@crossweave/core';
import { dropout, initLinear, linear, normalize, relu } from '@crossweave/core/nn';
import { expectClose } from '@crossweave/core/testing';
import { expect, it } from 'vitest';
import { captioning } from '../captioning/captioning';
import { matching } from '../matching/matching';
import { barlowTwins } from '../regularisation/barlow-twins';
import { cachedContrastive, type ChunkEmbeddings } from './cached-contrastive';
import { cloob } from './cloob';
import { infoNCE } from './info-nce';
import { multipleNegativesRanking } from './multiple-negatives-ranking';
import { siglip } from './siglip';
import { triplet } from './triplet';

const [size, perPair, width] = [7, 2, 6];
const groups = ['a', 'b', 'c', 'a', 'd', 'e', 'f'];
const batch = { size, ids: groups, groups, image: undefined, text: undefined };
const ctx: Context = { training: true, key: key(9) };

/** Two towers of two layers with dropout between them. */
const params = mergeParams(
  ...['image', 'text'].flatMap((side) => [
    initLinear(key(1), `${side}.first`, { in: width, out: 8 }),
    initLinear(key(2), `${side}.second`, { in: 8, out: 5 }),
  ]),
);
const inputs = {
  image: normal<Rank.R2>(key(3), [size, width]),
  text: normal<Rank.R2>(key(4), [size, width]),
  negatives: normal<Rank.R2>(key(5), [size * perPair, width]),
};

function tower(
  own: Params,
  side: 'image' | 'text',
  x: Tensor2D,
  at: Context,
  use: string,
): Tensor2D {
  const hidden = dropout(relu(linear(own, `${side}.first`, x)), 0.3, at, use);
  return normalize(linear(own, `${side}.second`, hidden));
}

interface Range {
  readonly from: number;
  readonly count: number;
}
function encode(own: Params, { from, count }: Range, at: Context): ChunkEmbeddings {
  const rows = (x: Tensor2D, each = 1): Tensor2D => slice(x, [from * each, 0], [count * each, -1]);
  return {
    image: tower(own, 'image', rows(inputs.image), at, 'image'),
    text: tower(own, 'text', rows(inputs.text), at, 'text'),
    negatives: tower(own, 'text', rows(inputs.negatives, perPair), at, 'negatives'),
  };
}

const chunked = (chunk: number): Range[] =>
  Array.from({ length: Math.ceil(size / chunk) }, (_, i) => ({
    from: i * chunk,
    count: Math.min(chunk, size - i * chunk),
  }));

/** The same in one piece: all chunks on one tape, under the same keys. */
function whole(
  loss: Loss<PooledFeatures>,
  lossParams: Params,
  ranges: Range[],
): { total: Scalar; slopes: Params } {
  const everything = { ...params, ...lossParams };
  const { value, grads } = engine().gradients(
    () => {
      const parts = ranges.map((range, i) =>
        encode(params, range, { ...ctx, key: foldIn(ctx.key, i) }),
      );
      const side = (name: 'image' | 'text' | 'negatives'): PooledFeatures => ({
        pooled: concat<Tensor2D>(
          parts.map((part) => part[name]!),
          0,
        ),
      });
      const outputs = {
        image: side('image'),
        text: side('text'),
        negatives: side('negatives'),
        embed: (_: 'image' | 'text', { pooled }: PooledFeatures) => pooled,
      } as unknown as ModelOutputs;
      return loss.compute(lossParams, outputs, batch, ctx).total;
    },
    Object.values(everything),
    undefined,
    true,
  );
  const paths = Object.keys(everything);
  return { total: value, slopes: Object.fromEntries(paths.map((path, i) => [path, grads[i]!])) };
}

const losses: [string, () => Loss<PooledFeatures>][] = [
  ['InfoNCE', () => infoNCE({ temperature: 'learned', negatives: true })],
  ['SigLIP', () => siglip({ negatives: true })],
  ['SigLIP in chunks', () => siglip({ chunk: 2 })],
  ['multiple negatives ranking', () => multipleNegativesRanking({ temperature: 'learned' })],
  ['triplet', () => triplet()],
  ['CLOOB', () => cloob({ temperature: 'learned' })],
  ['Barlow Twins', () => barlowTwins()],
];

it.each(losses)('has the gradients of one piece by every parameter: %s', (_, make) =>
  tidy(() => {
    const loss = make();
    const lossParams = loss.init?.(key(0)) ?? {};
    for (const chunk of [1, 3, 7]) {
      const chunks = chunked(chunk);
      const found = cachedContrastive({ loss, lossParams, params, chunks, encode, batch, ctx });
      const { total, slopes } = whole(loss, lossParams, chunks);
      expectClose(found.total, total, {}, 'the total');
      expect(Object.keys(found.gradients).sort()).toEqual(Object.keys(params).sort());
      expect(Object.keys(found.lossGradients)).toEqual(Object.keys(lossParams));
      for (const [path, slope] of Object.entries({ ...found.gradients, ...found.lossGradients })) {
        expectClose(slope, slopes[path]!, { atol: 1e-6 }, path);
      }
    }
  }),
);

it('does not depend on the chunks where nothing is drawn', () =>
  tidy(() => {
    const loss = infoNCE({ temperature: 'learned' });
    const lossParams = loss.init!(key(0));
    const still = { training: false, key: key(9) };
    const [small, one] = [2, 7].map((chunk) =>
      cachedContrastive({
        loss,
        lossParams,
        params,
        chunks: chunked(chunk),
        encode,
        batch,
        ctx: still,
      }),
    );
    expectClose(small!.total, one!.total);
    for (const [path, slope] of Object.entries(one!.gradients)) {
      expectClose(small!.gradients[path]!, slope, { atol: 1e-6 }, path);
    }
    expectClose(small!.lossGradients['logit_scale']!, one!.lossGradients['logit_scale']!);
  }));

it('keeps the activations of one chunk at a time, and leaks nothing', () => {
  const loss = infoNCE({ temperature: 'learned' });
  const lossParams = loss.init!(key(0));
  const chunks = chunked(1);
  const alive: number[] = [];
  const counting = (own: Params, range: Range, at: Context): ChunkEmbeddings => {
    alive.push(memory().numTensors);
    return encode(own, range, at);
  };
  const before = memory().numTensors;
  const found = cachedContrastive({
    loss,
    lossParams,
    params,
    chunks,
    encode: counting,
    batch,
    ctx,
  });
  const results: Tensor[] = [
    found.total,
    ...[found.terms, found.gradients, found.lossGradients].flatMap((tree) => Object.values(tree)),
  ];
  expect(memory().numTensors).toBe(before + results.length);
  dispose(results);
  dispose(Object.values(lossParams));
  const grown = alive.slice(1).map((count, i) => count - alive[i]!);
  // First three embeddings a chunk; in the second pass nothing, once there are gradients to add to.
  expect(grown.slice(0, size - 1)).toEqual(new Array(size - 1).fill(3));
  expect(grown.slice(size + 1)).toEqual(new Array(size - 2).fill(0));
});

it('records statistics once', () => {
  const recorded: string[] = [];
  const recording = (own: Params, range: Range, at: Context): ChunkEmbeddings => {
    at.record?.(`chunk.${range.from}`, inputs.image);
    return encode(own, range, at);
  };
  const record = (path: string): void => void recorded.push(path);
  tidy(() => {
    cachedContrastive({
      loss: infoNCE(),
      lossParams: {},
      params,
      chunks: chunked(4),
      encode: recording,
      batch,
      ctx: { ...ctx, record },
    });
  });
  expect(recorded).toEqual(['chunk.0', 'chunk.4']);
});

it.each([
  ['matching', () => matching(), /reads fused pairs/],
  ['captioning', () => captioning(), /needs caption logits/],
] as const)('refuses a loss that reads more than embeddings: %s', (_, make, message) => {
  tidy(() => {
    const run = () =>
      cachedContrastive({
        loss: make(),
        lossParams: {},
        params,
        chunks: chunked(4),
        encode,
        batch,
        ctx,
      });
    expect(run).toThrow(message);
  });
});

it('refuses chunks that are not the batch', () => {
  tidy(() => {
    const run = () =>
      cachedContrastive({
        loss: infoNCE(),
        lossParams: {},
        params,
        chunks: chunked(4).slice(1),
        encode,
        batch,
        ctx,
      });
    expect(run).toThrow(/7 pairs.*3 pairs in 1 chunks/s);
  });
});

it('encodes both times in the whole context, under a key of the chunk', () => {
  const seen: Context[] = [];
  const frozen = (path: string): boolean => path === 'image.first.weight';
  const record = (): void => undefined;
  const watched = (own: Params, range: Range, at: Context): ChunkEmbeddings => {
    seen.push(at);
    return encode(own, range, at);
  };
  const whole: Context = { ...ctx, step: 7, recompute: true, frozen, record };
  tidy(() => {
    const given = { loss: infoNCE(), lossParams: {}, params, batch, ctx: whole };
    cachedContrastive({ ...given, chunks: chunked(4), encode: watched });
  });
  const first = [0, 1].map((chunk) => ({
    ...{ training: true, key: foldIn(ctx.key, chunk), step: 7, recompute: true, frozen },
  }));
  expect(seen).toEqual([...first, ...first.map((at) => ({ ...at, record }))]);
});
