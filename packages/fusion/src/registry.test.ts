import { cast, concat, ones, reshape, tidy, zeros, type Rank } from '@tensorflow/tfjs-core';
import { ConfigError, ShapeError, inference, key, type Features } from '@crossweave/core';
import { sampleFeatures, testOptions, testPartConfig } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { crossAttentionFusions } from './cross-attention';
import { earlyFusions } from './early';
import { lateFusions } from './late';
import { dualEncoder } from './late/dual-encoder';
import { createFusion, fusions } from './registry';

const families = {
  late: lateFusions,
  early: earlyFusions,
  'cross-attention': crossAttentionFusions,
};

for (const [name, create] of Object.entries(fusions)) {
  testOptions(name, create, { describe, it });
  testPartConfig(name, create, { describe, it }, { values: { hidden: [8, 40, [8]] } });
}

/** Numbers that no fusion takes for the option, whether it has one or not. */
const outOfRange: Readonly<Record<string, readonly unknown[]>> = {
  ...Object.fromEntries(
    ['dim', 'layers', 'heads', 'chunk', 'maxTextTokens', 'queries', 'rank', 'factor', 'chunks']
      .concat(['bottlenecks', 'selfLayers', 'crossEvery', 'feedForward', 'attentionDim'])
      .map((option) => [option, [0, -1, 2.5, '2', 2 ** 31]]),
  ),
  hidden: [0, [0], [2, 0.5], '4'],
  dropout: [1, -0.1],
  temperature: [0, 0.001, 2],
  epsilon: [0, 2],
  fusionLayer: [-1, 0.5],
};

it.each(Object.keys(fusions))('%s takes no number out of range', (name) => {
  for (const [option, values] of Object.entries(outOfRange)) {
    for (const value of values) {
      const make = () => createFusion(name, { [option]: value });
      expect(make, `${option}: ${String(value)}`).toThrow(ConfigError);
      expect(make).toThrow(new RegExp(`"${option}`));
    }
  }
});

it.each([
  [
    'dual-encoder',
    { projection: 'cubic' },
    /"projection".*"linear" \| "mlp" \| "none"; got "cubic"/,
  ],
  ['dual-encoder', { pooling: { image: 'attenton' } }, /"pooling\.image".*"attention"\?/],
  ['dual-encoder', { pooling: { image: 'attention' } }, /"pooling\.text".*got nothing/],
  ['dual-encoder', { positions: 'no' }, /"positions".*true or false; got "no"/],
  ['co-attention', { normFirst: 1 }, /"normFirst".*true or false; got 1/],
  ['co-attention', { dim: 10, heads: 4 }, /"heads" must divide "dim"/],
  ['concat-mlp', { hidden: 500 }, /"hidden".*a list.*got 500/],
  ['concat-mlp', { adapt: 'mix' }, /"adapt".*"none" \| "min" \| "max"; got "mix".*"m/],
  ['mlb', { activation: 'rely' }, /"activation".*"relu"\?/],
  ['film', { modulator: 'texts' }, /"modulator".*"image" \| "text".*"text"\?/],
  ['q-former', { normFirst: true }, /there is no option "normFirst"/],
])('%s refuses %j, and lists the choices', (name, options, message) => {
  expect(() => createFusion(name, options)).toThrow(message);
});

it.each(['filip', 'single-stream', 'channel-concat', 'bottleneck', 'merged-attention', 'q-former'])(
  '%s refuses a mask that is not of its tokens, in fuse and in score',
  (name) =>
    tidy(() => {
      const side = (count: number, width: number, ...mask: number[]): Features => ({
        tokens: ones<Rank.R3>([2, count, width]),
        mask: ones<Rank.R2>(mask as [number, number]),
        pooled: ones<Rank.R2>([2, width]),
      });
      const fusion = createFusion(name, { dim: 8 });
      const params = fusion.init(key(1), { dim: 6, tokens: 4 }, { dim: 5, tokens: 3 });
      const text = side(3, 5, 2, 3);
      for (const image of [side(4, 6, 2, 3), side(4, 6, 2), side(4, 6, 3, 4)]) {
        expect(() => fusion.fuse(params, image, text, inference)).toThrow(ShapeError);
        expect(() => fusion.score(params, image, text, inference)).toThrow(ShapeError);
      }
      expect(fusion.score(params, side(4, 6, 2, 4), text, inference).shape).toEqual([2, 2]);
    }),
);

const ofTokens = Object.keys(fusions).filter((name) => createFusion(name).reads !== 'pooled');

it.each(ofTokens)('%s reads masks of integers and booleans as it reads floats', (name) =>
  tidy(() => {
    const fusion = createFusion(name, { dim: 8 });
    const [images, texts] = [
      { dim: 6, tokens: 4 },
      { dim: 5, tokens: 3 },
    ];
    const params = fusion.init(key(1), images, texts);
    const sides = [sampleFeatures(key(2), images, { batch: 3 })];
    sides.push(sampleFeatures(key(3), texts, { batch: 3 }));
    const [float, int, bool] = (['float32', 'int32', 'bool'] as const).map((type) => {
      const [image, text] = sides.map((side) => ({ ...side, mask: cast(side.mask, type) }));
      const { joint, match } = fusion.fuse(params, image!, text!, inference);
      return concat(
        [joint, match, fusion.score(params, image!, text!, inference)].map((x) => reshape(x, [-1])),
      );
    });
    expect([...int!.dataSync()]).toEqual([...float!.dataSync()]);
    expect([...bool!.dataSync()]).toEqual([...float!.dataSync()]);
  }),
);

it.each(ofTokens)('%s refuses sequences of no token', (name) =>
  tidy(() => {
    const fusion = createFusion(name, { dim: 8 });
    const spec = { dim: 6, tokens: 'varies' } as const;
    const params = fusion.init(key(1), { ...spec, tokens: 4 }, spec);
    const images = sampleFeatures(key(2), { ...spec, tokens: 4 }, { batch: 2 });
    const texts: Features = {
      tokens: zeros([2, 0, 6]),
      mask: zeros([2, 0]),
      pooled: ones([2, 6]),
    };
    const message = /the text features are sequences of no token/;
    expect(() => fusion.fuse(params, images, texts, inference)).toThrow(message);
    expect(() => fusion.score(params, images, texts, inference)).toThrow(message);
  }),
);

describe('createFusion', () => {
  it.each([null, [], 'dim'])('refuses options that are not an object: %j', (options) => {
    expect(() => createFusion('film', options as never)).toThrow(/film: the options are no object/);
  });

  it.each(
    Object.entries(families).flatMap(([family, table]) =>
      Object.keys(table).map((name) => ({ name, family })),
    ),
  )('makes $name of the family $family', ({ name, family }) => {
    const fusion = createFusion(name);
    expect(fusion.name.split('(')[0]).toBe(name);
    expect(fusion.family).toBe(family);
  });

  it("makes a user's own from an extended table", () => {
    const table = { ...fusions, mine: () => ({ ...dualEncoder(), name: 'mine' }) };
    expect(createFusion('mine', {}, table).name).toBe('mine');
  });

  it('refuses encoders without tokens where a fusion reads them, by name', () => {
    const [summaries, tokens] = [
      { dim: 4, tokens: 0 },
      { dim: 4, tokens: 3 },
    ];
    for (const [name, options] of [
      ['co-attention', {}],
      ['single-stream', {}],
      ['dual-encoder', { pooling: 'attention' }],
    ] as const) {
      const fusion = createFusion(name, { dim: 8, ...options });
      expect(() => fusion.init(key(1), tokens, summaries)).toThrow(/reads tokens.*text encoder/);
    }
    const pooled = createFusion('dual-encoder', { dim: 8 });
    expect(Object.keys(pooled.init(key(1), summaries, summaries))).toContain(
      'text_projection.weight',
    );
  });

  it('names the nearest fusion or option when one is misspelt', () => {
    expect(() => createFusion('dual-encodr')).toThrow(/Did you mean "dual-encoder"/);
    expect(() => createFusion('dual-encoder', { dims: 3 })).toThrow(/Did you mean "dim"/);
    expect(() => createFusion('co-attention', { layer: 3 })).toThrow(/Did you mean "layers"/);
  });
});
