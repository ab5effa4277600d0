import { testOptions, testPartConfig } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { uncertaintyWeighting } from './combination/uncertainty-weighting';
import { weightedSum } from './combination/weighted-sum';
import { cachedContrastive } from './contrastive/cached-contrastive';
import { infoNCE } from './contrastive/info-nce';
import { multipleNegativesRanking } from './contrastive/multiple-negatives-ranking';
import { createLoss, losses } from './registry';

const runner = { describe, it };
for (const [name, create] of Object.entries(losses)) {
  testOptions(name, create, runner);
  testPartConfig(name, create, runner, {
    // The other kinds of hardness need a strength.
    ...(name === 'multiple-negatives-ranking' && {
      required: { hardness: 'all', hardnessStrength: 1 },
    }),
    values: { same: [['groups'], ['labels']], directions: [['i2t'], ['i2t', 't2i']] },
  });
}

const required = { loss: infoNCE() };
testOptions('weightedSum', (entry: never) => weightedSum([entry]), runner, { required });
testOptions('uncertaintyWeighting', (entry: never) => uncertaintyWeighting([entry]), runner, {
  required,
});
const ctx = { training: true, key: { high: 0, low: 1 } };
testOptions('cachedContrastive', cachedContrastive, runner, {
  anyValue: ['chunks'],
  required: {
    ...{ ...required, lossParams: {}, params: {}, chunks: [0], batch: { size: 1 }, ctx },
    encode: () => ({}),
  },
});

describe('slips that once passed without a word', () => {
  it.each<[string, object, RegExp]>([
    ['info-nce', { direction: 'i2T' }, /"direction".*"both" \| "i2t" \| "t2i".*"i2t"\?/s],
    ['info-nce', { duplicates: 'exlude' }, /"duplicates".*"exclude"\?/s],
    ['info-nce', { same: 'captions' }, /"same".*a list.*"groups" \| "captions" \| "labels"/s],
    ['info-nce', { same: ['caption'] }, /"same.*"captions".*"caption"/s],
    ['info-nce', { negatives: 'false' }, /"negatives".*true or false; got "false"/s],
    ['siglip', { chunk: 0 }, /"chunk".*a whole number of at least 1, or "all"; got 0/s],
    ['siglip', { chunk: Infinity }, /"chunk"/],
    ['siglip', { bias: { inital: -10 } }, /"bias"/],
    ['triplet', { mining: 'hard' }, /"mining".*"hardest" \| "all"/s],
    ['decoupled', { within: 1 }, /"within"/],
    ['matching', { inBatch: 1.5 }, /"inBatch"/],
    ['captioning', { vocabulary: 'none' }, /"vocabulary"/],
  ])('%s %j', (name, options, message) => {
    expect(() => createLoss(name, options)).toThrow(message);
  });

  it('in sums, by the place of the entry', () => {
    const wrong: object[] = [{ loss: infoNCE() }, { loss: 'info-nce' }];
    expect(() => weightedSum(wrong as never)).toThrow(/weightedSum, entry 1: "loss"/);
    expect(() => weightedSum({} as never)).toThrow(/a list of losses/);
  });

  it('a strength of hardness without hardness, and the other way round', () => {
    expect(() => multipleNegativesRanking({ hardnessStrength: 9 })).toThrow(/"hardness"/);
    expect(() => multipleNegativesRanking({ hardness: 'hard' })).toThrow(/"hardnessStrength"/);
  });
});
