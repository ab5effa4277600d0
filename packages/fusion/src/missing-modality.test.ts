import {
  add,
  concat,
  fill,
  memory,
  mul,
  reshape,
  slice,
  sum,
  tensor1d,
  tidy,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  inference,
  key,
  withPrefix,
  type Context,
  type Features,
  type Fusion,
  type PooledFeatures,
} from '@crossweave/core';
import {
  expectClose,
  gradientsAt,
  sampleFeatures,
  testFusion,
  testOptions,
} from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { coAttention } from './cross-attention';
import { singleStream } from './early';
import { dualEncoder } from './late';
import { withMissingModality, type MissingModalityOptions } from './missing-modality';
import { createFusion, fusions } from './registry';

const runner = { describe, it };
const small = { dim: 8, heads: 2, layers: 1 };
testFusion(() => withMissingModality(dualEncoder({ dim: 4 })), runner);
testFusion(() => withMissingModality(dualEncoder({ dim: 4 }), { imageDropout: 0.3 }), runner, {
  image: { dim: 5, tokens: 0 },
  text: { dim: 3, tokens: 0 },
});
testFusion(
  () => withMissingModality(singleStream(small), { imageDropout: 0.2, textDropout: 0.3 }),
  runner,
);
testFusion(() => withMissingModality(coAttention(small), { textDropout: 0.5 }), runner);

const spec = { dim: 6, tokens: 3 };
const images = (missing?: 0 | 1): Features =>
  sampleFeatures(key(1), spec, { batch: 4, ...(missing !== undefined && { missing }) });
const texts = (): Features => sampleFeatures(key(2), spec, { batch: 4 });
const training = (seed: number): Context => ({ training: true, key: key(seed) });

/** A fusion that tells which rows of either side it saw as the null vectors (all of one value). */
function spy(): Fusion<PooledFeatures> & { seen: { image: number[]; text: number[] }[] } {
  const seen: { image: number[]; text: number[] }[] = [];
  const rows = ({ pooled }: PooledFeatures): number[] => {
    const values = pooled.arraySync();
    return values.map((row) => (row.every((value) => value === -7) ? 0 : 1));
  };
  const base = dualEncoder({ dim: 4 });
  return {
    ...base,
    name: 'spy',
    seen,
    fuse: (params, image, text, ctx) => {
      seen.push({ image: rows(image), text: rows(text) });
      return base.fuse(params, image, text, ctx);
    },
  };
}

describe('withMissingModality', () => {
  it('puts the null vector where a side is missing, and has its gradient from there alone', () =>
    tidy(() => {
      const fusion = withMissingModality(singleStream(small));
      const params = fusion.init(key(3), spec, spec);
      const image = images(1);
      const gradients = gradientsAt(
        (point) => sum(fusion.fuse({ ...params, ...point }, image, texts(), inference).match),
        { visual_null: params['visual_null']!, text_null: params['text_null']! },
      );
      const size = (path: string): number =>
        Math.max(...gradients[path]!.dataSync().map((value) => Math.abs(value)));
      expect(size('visual_null')).toBeGreaterThan(0);
      expect(size('text_null')).toBe(0);
      const plain = fusion.fuse(params, images(), texts(), inference).match.dataSync();
      const some = fusion.fuse(params, image, texts(), inference).match.dataSync();
      expect([some[0], some[2]]).toEqual([plain[0], plain[2]]);
      expect(some[1]).not.toBeCloseTo(plain[1]!, 4);
    }));

  it('reads nothing of a missing row, not even NaN', () =>
    tidy(() => {
      const fusion = withMissingModality(coAttention(small));
      const params = fusion.init(key(3), spec, spec);
      const image = images(1);
      const poison = [0, NaN, 0, NaN];
      const poisoned = {
        ...image,
        pooled: add<Features['pooled']>(image.pooled, reshape(tensor1d(poison), [4, 1])),
        tokens: add<Features['tokens']>(image.tokens, reshape(tensor1d(poison), [4, 1, 1])),
        mask: mul<Features['mask']>(image.mask, reshape(image.present!, [4, 1])),
      };
      const { match } = fusion.fuse(params, poisoned, texts(), inference);
      expectClose(match, fusion.fuse(params, image, texts(), inference).match);
    }));

  it('drops rows of one side a pass, in the share asked for, and never both of a pair', () =>
    tidy(() => {
      const spied = spy();
      const fusion = withMissingModality(spied, { imageDropout: 0.2, textDropout: 0.4 });
      const nulls = { visual_null: fill([6], -7), text_null: fill([6], -7) };
      const params = { ...fusion.init(key(3), spec, spec), ...nulls };
      const partial = { ...texts(), present: tensor1d([0, 1, 1, 1]) };
      for (let seed = 0; seed < 500; seed++) {
        fusion.fuse(params, images(), partial, training(seed));
      }
      const rows = spied.seen.flatMap(({ image, text }) => image.map((one, b) => [one, text[b]!]));
      expect(rows.filter(([image, text]) => image === 0 && text === 0)).toEqual([]);
      // A text that is missing keeps its image; the others lose one side as often as asked.
      const full = spied.seen.flatMap(({ image, text }) =>
        [1, 2, 3].map((b) => [image[b]!, text[b]!] as const),
      );
      const share = (side: 0 | 1): number =>
        full.filter((pair) => pair[side] === 0).length / full.length;
      expect(share(0)).toBeGreaterThan(0.15);
      expect(share(0)).toBeLessThan(0.25);
      expect(share(1)).toBeGreaterThan(0.35);
      expect(share(1)).toBeLessThan(0.45);
      spied.seen.length = 0;
      fusion.fuse(params, images(), texts(), inference);
      expect(spied.seen).toEqual([{ image: [1, 1, 1, 1], text: [1, 1, 1, 1] }]);
    }));

  it('leaks nothing', () => {
    const fusion = withMissingModality(dualEncoder({ dim: 4 }), { imageDropout: 0.5 });
    const [params, image, text] = [fusion.init(key(3), spec, spec), images(1), texts()];
    const before = memory().numTensors;
    for (const ctx of [inference, training(1)]) {
      const { joint, match } = fusion.fuse(params, image, text, ctx);
      [joint, match, fusion.score(params, image, text, ctx)].forEach((made) => made.dispose());
      fusion.embed!(params, 'image', image, ctx).dispose();
    }
    expect(memory().numTensors).toBe(before);
    [params, image, text].forEach((tree) =>
      Object.values(withPrefix('', { ...tree })).forEach((value) => value.dispose()),
    );
  });

  testOptions(
    'withMissingModality',
    (options: MissingModalityOptions) => withMissingModality(dualEncoder(), options),
    { describe, it },
  );

  it('refuses shares that are more than all rows together', () => {
    const fusion = dualEncoder();
    expect(() => withMissingModality(fusion, { imageDropout: 0.6, textDropout: 0.5 })).toThrow(
      /at most 1; got 1.1/,
    );
  });
});

/** Small options of the fusions whose inner width is large. */
const inner: Readonly<Record<string, object>> = {
  'concat-mlp': { hidden: [16] },
  block: { hidden: 16, chunks: 4, rank: 2 },
  mcb: { hidden: 32 },
  mfb: { hidden: 16 },
  mfh: { hidden: 16 },
  mlb: { hidden: 16 },
  mutan: { hidden: 16, rank: 2 },
  tucker: { hidden: 8 },
};

describe('every fusion of the package', () => {
  it.each(Object.keys(fusions))('%s does without a side, and reads nothing of it', (name) =>
    tidy(() => {
      const specs = { dim: 8, tokens: 3 };
      const fusion = createFusion(name, { dim: 8, ...inner[name], missing: 'learned' });
      const params = fusion.init(key(3), specs, specs);
      const text = sampleFeatures(key(2), specs, { batch: 2 });
      const image = sampleFeatures(key(1), specs, { batch: 2, missing: 1 });
      const other = sampleFeatures(key(5), specs, { batch: 2, missing: 1, scale: 1000 });
      const row = <T extends Tensor>(x: T, y: T): T => concat([slice(x, 0, 1), slice(y, 1, 1)]);
      const changed: Features = {
        tokens: row(image.tokens, other.tokens),
        mask: row(image.mask, other.mask),
        pooled: row(image.pooled, other.pooled),
        present: image.present!,
      };
      const run = (features: Features) => fusion.fuse(params, features, text, inference);
      expectClose(run(changed).match, run(image).match);
      expectClose(run(changed).joint, run(image).joint);
      const scores = fusion.score(params, changed, text, inference);
      expectClose(scores, fusion.score(params, image, text, inference));
      expect([...scores.dataSync()].every(Number.isFinite)).toBe(true);
    }),
  );
});

describe('a fusion that does not know of missing rows', () => {
  it.each(Object.keys(fusions))('%s refuses them', (name) =>
    tidy(() => {
      const fusion = createFusion(name, { dim: 8, ...inner[name] });
      const spec = { dim: 8, tokens: 3 };
      const params = fusion.init(key(3), spec, spec);
      const image = sampleFeatures(key(1), spec, { batch: 2, missing: 1 });
      const text = sampleFeatures(key(2), spec, { batch: 2 });
      const runs = [
        () => fusion.fuse(params, image, text, inference),
        () => fusion.score(params, image, text, inference),
        () =>
          fusion.embed?.(params, 'image', image, inference) ??
          fusion.fuse(params, image, text, inference),
      ];
      for (const run of runs) expect(run).toThrow(/missing rows.*withMissingModality/);
    }),
  );

  it('learns of them by "missing" in a config', () =>
    tidy(() => {
      const run = (missing: unknown): Tensor1D => {
        const fusion = createFusion('co-attention', { ...small, missing });
        return fusion.fuse(fusion.init(key(3), spec, spec), images(1), texts(), inference).match;
      };
      expectClose(run({ imageDropout: 0.5 }), run('learned'));
      expect(() => run('zeros')).toThrow(/"missing".*"learned", or \{ imageDropout.*got "zeros"/);
      expect(() => run({ dropout: 1 })).toThrow(ConfigError);
    }));
});
