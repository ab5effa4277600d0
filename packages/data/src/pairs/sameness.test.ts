import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadSample } from './samples';
import { distinctTexts } from './sameness';

/** Texts that differ in case and spaces alone are the same. */
const identity = (text: string): string => text.toLowerCase().replaceAll(' ', '');
const sample = (fields: Partial<ReadSample>): ReadSample => ({
  id: 'a',
  image: 'a.png',
  split: 'train',
  captions: [],
  line: 1,
  path: '/a.png',
  where: 'c.jsonl:1',
  rows: 1,
  ...fields,
});

describe('distinctTexts', () => {
  it('keeps the label of the caption that stays, and lists a second one', () => {
    const captions = ['One', 'two', 'one', 'ONE', 'on e'];
    const labels = [undefined, 2, 'a', 'a', 'b'];
    const { sample: kept, rejects } = distinctTexts(sample({ captions, labels }), identity);
    expect(kept.captions).toEqual(['One', 'two']);
    expect(kept.labels).toEqual(['a', 2]);
    expect(rejects).toMatchObject([{ reason: 'label-conflict', action: 'left-out', rows: 0 }]);
    expect(rejects[0]?.error.message).toMatch(/c\.jsonl:1.*"on e".*"b" beside "a"/);
  });

  it('keeps the first of captions that are the same, with the negatives of all', () => {
    const of = (caption: string, kind = 'k'): { caption: string; kind: string } => ({
      caption,
      kind,
    });
    const {
      sample: kept,
      repeated,
      rejects,
    } = distinctTexts(
      sample({
        captions: ['One', 'two', 'one '],
        negatives: [[of('x')], [of('y')], [of('X'), of('x', 'other'), of('TWO')]],
      }),
      identity,
    );
    expect(kept.captions).toEqual(['One', 'two']);
    expect(kept.negatives).toEqual([[of('x'), of('x', 'other')], [of('y')]]);
    expect(repeated).toBe(1);
    expect(rejects).toHaveLength(1);
    expect(rejects[0]?.error.message).toContain('"TWO" beside the caption "two"');
  });

  it('gives a sample without negatives none', () => {
    expect(distinctTexts(sample({ captions: ['a', 'A'] }), identity).sample).toEqual(
      sample({ captions: ['a'] }),
    );
  });

  it('loses no caption, and keeps no two that are the same and no negative that is true', () => {
    const text = constantFrom('a', 'A', ' a', 'b', 'B', 'c', 'd');
    const entry = record({
      caption: text,
      negatives: array(record({ caption: text, kind: text })),
    });
    assert(
      property(array(entry, { minLength: 1 }), (entries) => {
        const captions = entries.map(({ caption }) => caption);
        const {
          sample: kept,
          repeated,
          rejects,
        } = distinctTexts(
          sample({ captions, negatives: entries.map(({ negatives }) => negatives) }),
          identity,
        );
        const identities = kept.captions.map(identity);
        expect(identities).toEqual([...new Set(captions.map(identity))]);
        expect(kept.captions.length + repeated).toBe(captions.length);
        const negatives = kept.negatives?.flat() ?? [];
        expect(negatives.filter(({ caption }) => identities.includes(identity(caption)))).toEqual(
          [],
        );
        const wanted = entries
          .flatMap((each) => each.negatives)
          .map(({ caption }) => identity(caption));
        const isTrue = (own: string): boolean => identities.includes(own);
        expect(rejects).toHaveLength(wanted.filter(isTrue).length);
        expect(new Set(negatives.map(({ caption }) => identity(caption)))).toEqual(
          new Set(wanted.filter((own) => !isTrue(own))),
        );
      }),
    );
  });
});
