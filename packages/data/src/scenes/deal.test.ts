import { key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { exchange } from './captions';
import { dealScenes, heldOutBlocks, touches, type Dealt, type Split } from './deal';

const inSplit = (dealt: readonly Dealt[], split: Split): Dealt[] =>
  dealt.filter((one) => one.split === split);
const pairs = ({ meaning: { first, second } }: Dealt): string[] =>
  [first, second].map(({ colour, shape }) => `${colour} ${shape}`);

describe('heldOutBlocks', () => {
  it('share neither a colour nor a shape', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { val, test } = heldOutBlocks(key(seed));
      expect(new Set([...val.colours, ...test.colours]).size).toBe(4);
      expect(new Set([...val.shapes, ...test.shapes]).size).toBe(4);
    }
  });
});

describe('dealScenes', () => {
  const { scenes: dealt } = dealScenes(2000, key(7));

  it('deals tenths to val and test, a quarter of them held out as far as there are enough', () => {
    const counts = (['train', 'val', 'test'] as const).map((split) => {
      const members = inSplit(dealt, split);
      return [members.length, members.filter(({ heldOut }) => heldOut).length];
    });
    expect(counts).toEqual([
      [1600, 0],
      [200, 48],
      [200, 48],
    ]);
  });

  it('never deals a meaning twice', () => {
    expect(new Set(dealt.map(({ meaning }) => JSON.stringify(meaning))).size).toBe(2000);
  });

  it('keeps the pairs of held-out scenes out of every other scene and its negatives', () => {
    const known = new Set(
      dealt
        .filter(({ heldOut }) => !heldOut)
        .flatMap((one) => [
          ...pairs(one),
          ...pairs({ ...one, meaning: exchange(one.meaning, 'colour') }),
        ]),
    );
    const heldOut = dealt.filter((one) => one.heldOut);
    const val = new Set(inSplit(heldOut, 'val').flatMap(pairs));
    const test = new Set(inSplit(heldOut, 'test').flatMap(pairs));
    expect(val.size).toBe(4);
    expect(test.size).toBe(4);
    expect(new Set([...known, ...val, ...test]).size).toBe(known.size + 8);
    expect(known.size).toBe(36 - 8);
  });

  it('repeats only train scenes when it has used them all', () => {
    const { scenes: many, blocks } = dealScenes(12_000, key(1));
    expect(inSplit(many, 'val')).toHaveLength(480);
    const evaluation = new Set(
      many.filter(({ split }) => split !== 'train').map(({ meaning }) => JSON.stringify(meaning)),
    );
    expect(evaluation.size).toBe(960);
    const train = inSplit(many, 'train');
    expect(train).toHaveLength(12_000 - 960);
    expect(train.some(({ meaning }) => evaluation.has(JSON.stringify(meaning)))).toBe(false);
    for (const block of Object.values(blocks)) {
      expect(train.some(({ meaning }) => touches(meaning, block))).toBe(false);
    }
  });

  it('refuses too few scenes', () => {
    expect(() => dealScenes(19, key(0))).toThrow(/>= 20.*19/);
    expect(() => dealScenes(20.5, key(0))).toThrow(/20\.5/);
  });
});
