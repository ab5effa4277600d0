import { fill, getBackend, memory } from '@tensorflow/tfjs-core';
import { NonFiniteError, disposeParams, key, type Fusion } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FeatureCache } from '../features/encode-split';
import { taskOutputs } from './evaluate-task';
import { predictTask } from './predict-task';
import { createTask } from './registry';
import { signCache, signFusion } from './task.testing';

let cache: FeatureCache;
beforeAll(async () => {
  cache = await signCache(4);
});

const task = createTask('classification').fit(['a', 'b', 'b', 'c']);
const head = task.init(key(3), 3);
const model = { fusion: signFusion(true), params: {}, task, head };

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(Math.exp);
  const total = powers.reduce((all, one) => all + one, 0);
  return powers.map((power) => power / total);
};

async function logitsOfAll(): Promise<number[][]> {
  const pairs = cache.records.flatMap(({ captions }, row) =>
    captions.map((caption) => ({ row, caption })),
  );
  const values = [...(await taskOutputs(model, cache, pairs))];
  return pairs.map((_, i) => values.slice(i * 3, (i + 1) * 3));
}

testOptions('predictTask', (options) => predictTask(model, cache, options), { describe, it }, {});

describe('predictTask', () => {
  it('tells every caption of every record, by the softmax of its shifted outputs over the temperature', async () => {
    const shift = [0.5, 0, -1];
    const temperatures = { both: 2, image: 1, text: 1 };
    const said = await predictTask(model, cache, { temperatures, shift, topK: 2, chunk: 5 });
    expect(said.map(({ id, caption }) => [id, caption])).toEqual(
      cache.records.flatMap(({ id, captions }) => captions.map((caption) => [id, caption])),
    );
    // The norm of the head divides three equal numbers by next to nothing: on XLA, which rounds by program,
    // and there is one a chunk, fewer digits are left.
    const digits = getBackend().startsWith('xla:') ? 4 : 6;
    (await logitsOfAll()).forEach((logits, i) => {
      const expected = softmax(logits.map((value, k) => (value + shift[k]!) / 2));
      const best = expected.indexOf(Math.max(...expected));
      const { label, probability, top } = said[i]!;
      expect(label).toBe(['a', 'b', 'c'][best]);
      expect(probability).toBeCloseTo(expected[best]!, digits);
      expect(top!.map((each) => each.probability)).toEqual(
        [...expected]
          .sort((x, y) => y - x)
          .slice(0, 2)
          .map((p) => expect.closeTo(p, digits) as number),
      );
    });
  });

  it('withholds what is less probable than asked, and tells the probability all the same', async () => {
    const open = await predictTask(model, cache);
    const sorted = open.map(({ probability }) => probability!).sort((a, b) => a - b);
    const limit = sorted[6]!;
    const said = await predictTask(model, cache, { abstain: limit, topK: 0 });
    expect(said.filter(({ abstained }) => abstained)).toHaveLength(
      sorted.filter((p) => p < limit).length,
    );
    said.forEach(({ label, probability, abstained, top }, i) => {
      expect(probability).toBe(open[i]!.probability);
      expect(label).toBe(abstained ? null : open[i]!.label);
      expect(top).toBeUndefined();
    });
  });

  it('divides by the temperature of the sides that a pair has', async () => {
    const fusion: Fusion = { ...model.fusion, takesMissing: true };
    const records = cache.records.map((record, row) => {
      const missing = ([undefined, 'image', 'text'] as const)[row % 3];
      return missing === undefined ? record : { ...record, missing };
    });
    // A row of three for 'both', then 'text' (its image is missing), then 'image'.
    const temperatures = { both: 1, text: 3, image: 7 };
    const said = await predictTask({ ...model, fusion }, { ...cache, records }, { temperatures });
    const logits = await logitsOfAll();
    said.forEach(({ probability, missing }, i) => {
      const divisor = missing === undefined ? 1 : missing === 'image' ? 3 : 7;
      const expected = Math.max(...softmax(logits[i]!.map((value) => value / divisor)));
      expect(probability).toBeCloseTo(expected, 6);
    });
    expect(new Set(said.map(({ missing }) => missing))).toEqual(
      new Set([undefined, 'image', 'text']),
    );
  });

  it('gives classes at the thresholds of the sides that a pair has, for calibrated probabilities', async () => {
    const fusion: Fusion = { ...model.fusion, takesMissing: true };
    const records = cache.records.map((record, row) =>
      row % 2 === 0 ? record : ({ ...record, missing: 'image' } as const),
    );
    const sets = createTask('multi-label').fit([['a'], ['b'], ['c'], []]);
    const ofSets = { ...model, fusion, task: sets };
    const logits = await logitsOfAll();
    const middle = logits.flat().sort((a, b) => a - b)[logits.flat().length >> 1]!;
    const at = (value: number): number => 1 / (1 + Math.exp(-value / 2));
    const said = await predictTask(
      ofSets,
      { ...cache, records },
      {
        temperatures: { both: 2, image: 2, text: 2 },
        thresholds: { both: [at(middle), at(middle), 0.999] },
      },
    );
    said.forEach(({ label, missing }, i) => {
      const limits = missing === undefined ? [middle, middle, Infinity] : [0, 0, 0];
      expect(label).toEqual(['a', 'b', 'c'].filter((_, k) => logits[i]![k]! > limits[k]!));
    });
    await expect(
      predictTask(model, cache, { thresholds: { both: [0.5, 0.5, 0.5] } }),
    ).rejects.toThrow(/"classification" takes no thresholds/);
    const short = predictTask(ofSets, cache, { thresholds: { both: [0.5] } });
    await expect(short).rejects.toThrow(/"number of thresholds"/);
  });

  it('refuses outputs that are not finite', async () => {
    const broken = Object.fromEntries(
      Object.entries(head).map(([path, value]) => [path, fill(value.shape, Number.NaN)]),
    );
    const before = memory().numTensors;
    await expect(predictTask({ ...model, head: broken }, cache)).rejects.toThrow(NonFiniteError);
    expect(memory().numTensors).toBe(before);
    disposeParams(broken);
  });

  it('refuses to abstain where there is no probability', async () => {
    const numbers = createTask('regression').fit([1, 2]);
    const ofNumbers = { ...model, task: numbers, head: numbers.init(key(3), 3) };
    await expect(predictTask(ofNumbers, cache, { abstain: 0.5 })).rejects.toThrow(
      /"regression" has no probabilities to abstain by/,
    );
    const [first] = await predictTask(ofNumbers, cache);
    expect(Object.keys(first!).sort()).toEqual(['abstained', 'caption', 'id', 'label']);
    expect(typeof first!.label).toBe('number');
    disposeParams(ofNumbers.head);
  });

  it('leaves no tensor behind', async () => {
    const before = memory().numTensors;
    await predictTask(model, cache);
    expect(memory().numTensors).toBe(before);
  });
});
