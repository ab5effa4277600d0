import { key, foldIn, type PairSplit } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { augmentPair, augmentationCheck, type Augmentation } from './augmentation';
import { pairBatches } from './batches';
import { mirroredText, saysColour, withoutWords } from './caption-words';
import { letters, testFolder, type TestFolder } from './folder.testing';
import { loadPairs } from './load';

describe('words of captions', () => {
  it.each([
    ['a cup left of the LEFT-most plate', 'a cup right of the RIGHT-most plate'],
    ['Right: two. the leftmost, (left)', 'Left: two. the rightmost, (right)'],
    ['upright copyright leftover', 'upright copyright leftover'],
    ['turning anticlockwise', 'turning clockwise'],
    ['', ''],
  ])('%j in the mirror is %j', (text, mirrored) => {
    expect(mirroredText(text)).toBe(mirrored);
  });

  it.each(['a RED car', 'bluish light', 'in colour', 'the greenest grass', 'gold-rimmed'])(
    '%j names a colour',
    (text) => {
      expect(saysColour(text)).toBe(true);
    },
  );

  it.each(['a car', 'reduced', 'a lightning bolt', 'Greenland'])('%j names none', (text) => {
    expect(saysColour(text)).toBe(false);
  });

  it('keep one word at least', () => {
    expect(withoutWords('a b  c', () => [true, false, true])).toBe('b');
    expect(withoutWords(' a b', () => [true, true])).toBe('a');
    expect(withoutWords('a', () => [])).toBe('a');
  });
});

describe('augmentPair', () => {
  const all: Augmentation = {
    flip: 0.5,
    crop: { area: [0.2, 0.9] },
    colour: { brightness: 0.4, hue: 0.1 },
    grayscale: 0.5,
    blur: { share: 0.5, sigma: [0.1, 2] },
    wordDrop: 0.3,
  };
  const draws = (caption: string, fields: object = {}, augmentation = all) =>
    Array.from({ length: 200 }, (_, i) =>
      augmentPair({ caption, negatives: [], ...fields }, augmentation, foldIn(key(1), i)),
    );

  it('does nothing unless it is asked to', () => {
    const pair = { caption: 'left', negatives: ['right'] };
    expect(augmentPair(pair, {}, key(0))).toEqual({
      change: {},
      meaning: 'left',
      caption: 'left',
      negatives: ['right'],
      label: undefined,
    });
  });

  it('draws shares and bounds as they are given', () => {
    const drawn = draws('one two three four five six seven eight nine ten');
    const count = (test: (pair: (typeof drawn)[number]) => boolean): number =>
      drawn.filter(test).length;
    expect(count(({ change }) => change.flip === true)).toBeGreaterThan(70);
    expect(count(({ change }) => change.flip === true)).toBeLessThan(130);
    expect(count(({ change }) => change.grayscale === true)).toBeGreaterThan(70);
    const blurs = drawn.flatMap(({ change }) => change.blur ?? []);
    expect(blurs.length).toBeGreaterThan(70);
    expect(Math.min(...blurs)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...blurs)).toBeLessThanOrEqual(2);
    for (const { change } of drawn) {
      const { left, top, width, height } = change.crop!;
      expect(width * height).toBeGreaterThan(0.199);
      expect(width * height).toBeLessThan(1.001);
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(Math.max(left + width, top + height)).toBeLessThanOrEqual(1 + 1e-9);
      expect(Math.abs(change.colour!.brightness - 1)).toBeLessThanOrEqual(0.4);
      expect(Math.abs(change.colour!.hue)).toBeLessThanOrEqual(0.1);
      expect(change.colour).toMatchObject({ contrast: 1, saturation: 1 });
    }
    const words = drawn.reduce((sum, { caption }) => sum + caption.split(' ').length, 0);
    expect(words / 2000).toBeGreaterThan(0.62);
    expect(words / 2000).toBeLessThan(0.78);
  });

  it('mirrors words with the picture, in negatives too, and keeps sides that a label says', () => {
    for (const { change, meaning, negatives } of draws('left of it', { negatives: ['right'] })) {
      const flip = change.flip === true;
      expect(meaning).toBe(flip ? 'right of it' : 'left of it');
      expect(negatives).toEqual([flip ? 'left' : 'right']);
    }
    const sides = draws('which side?', { label: 'Left' });
    expect(sides.some(({ change }) => change.flip === true)).toBe(false);
    expect(draws('which side?', { label: 'cat' }).some(({ change }) => change.flip === true)).toBe(
      true,
    );
  });

  it('lets colours be where the caption or a negative names one', () => {
    for (const pair of [...draws('a red car'), ...draws('a car', { negatives: ['a blue car'] })]) {
      expect(pair.change.colour).toBeUndefined();
      expect(pair.change.grayscale).toBeUndefined();
    }
  });

  it.each([
    { flip: 2 },
    { crop: {} },
    { crop: { area: [0, 1] } },
    { colour: { hue: 0.6 } },
    { colour: { shine: 1 } },
    { blur: { share: 1 } },
    { wordDrop: 1 },
    { turn: 1 },
    [],
  ])('does not accept %j', (value) => {
    expect(augmentationCheck.accepts(value)).toBe(false);
  });
});

describe('pairBatches with augment', () => {
  let folder: TestFolder;
  let split: PairSplit;
  beforeEach(async () => {
    folder = await testFolder();
    const rows = Array.from({ length: 8 }, (_, i) => ({
      image: `${i}.png`,
      captions: [`left ${'abcdefgh'[i]!.repeat(3)} thing`, `a right ${'hgfedcba'[i]!.repeat(3)}`],
    }));
    for (const [i, { image }] of rows.entries()) await folder.picture(image, 30 * i);
    const captions = await folder.captions(rows);
    split = (await loadPairs({ captions, tokenizer: letters, imageSize: 4 })).split('train');
  });
  afterEach(() => folder.remove());

  const augment: Augmentation = {
    flip: 0.5,
    colour: { brightness: 0.5 },
    crop: { area: [0.5, 1] },
    wordDrop: 0.2,
  };

  /** By sample id: what its row of the epoch holds. */
  async function shown(batchSize: number, from = 0, epoch = 3): Promise<Map<string, string>> {
    const source = pairBatches(split, { batchSize, key: key(5), augment });
    const found = new Map<string, string>();
    for await (const { ids, image, text } of source.batches(epoch, from)) {
      const pixels = await image.data();
      const tokens = await text.input_ids.data();
      const [perImage, perText] = [pixels.length / ids.length, tokens.length / ids.length];
      for (const [i, id] of ids.entries()) {
        const own = pixels.slice(i * perImage, (i + 1) * perImage);
        found.set(id, `${own.join()} ${tokens.slice(i * perText, (i + 1) * perText).join()}`);
      }
      for (const tensor of [image, text.input_ids, text.attention_mask]) tensor.dispose();
    }
    return found;
  }

  it('shows the same in batches of any size, after a resume, and other things each epoch', async () => {
    const whole = await shown(2);
    expect(whole.size).toBe(8);
    expect(await shown(2)).toEqual(whole);
    expect(await shown(4)).toEqual(whole);
    const rest = await shown(2, 2);
    expect(rest.size).toBe(4);
    for (const [id, row] of rest) expect(row).toBe(whole.get(id));
    const other = await shown(2, 0, 4);
    expect([...other].filter(([id, row]) => row === whole.get(id)).length).toBeLessThan(3);
  });

  it('knows captions by what they say before words are left out', async () => {
    const dropping = { wordDrop: 0.9 };
    const source = pairBatches(split, { batchSize: 8, key: key(5), augment: dropping });
    const plain = pairBatches(split, { batchSize: 8, key: key(5) });
    const identities = async (from: typeof source): Promise<unknown> => {
      for await (const batch of from.batches(0)) {
        for (const tensor of [batch.image, batch.text.input_ids, batch.text.attention_mask]) {
          tensor.dispose();
        }
        return [batch.ids, batch.captions];
      }
      return undefined;
    };
    expect(await identities(source)).toEqual(await identities(plain));
  });

  it('refuses splits whose pictures it cannot change, and bounds in the wrong order', () => {
    const bare: PairSplit = {
      name: 'bare',
      records: split.records,
      images: (rows) => split.images(rows),
      texts: (captions) => split.texts(captions),
      textIdentity: (caption) => split.textIdentity(caption),
    };
    const options = { batchSize: 2, key: key(0) };
    expect(() => pairBatches(bare, { ...options, augment })).toThrow(/cannot be changed/);
    expect(() => pairBatches(bare, { ...options, augment: { wordDrop: 0.1 } })).not.toThrow();
    const crop = { area: [0.9, 0.5] } as const;
    expect(() => pairBatches(split, { ...options, augment: { crop } })).toThrow(
      /"augment\.crop\.area"/,
    );
  });
});
