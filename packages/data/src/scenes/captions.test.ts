import { describe, expect, it } from 'vitest';
import { captions, hardNegatives } from './captions';
import { allMeanings, type Meaning, type SceneObject } from './vocabulary';

/** Reads a caption back, with nothing of the code that wrote it. */
function read(caption: string): Meaning {
  const phrases = [...caption.matchAll(/a (\w+) (\w+) (\w+)/g)].map(
    ([, texture, colour, shape]) => ({ texture, colour, shape }) as SceneObject,
  );
  const [one, other] = phrases as [SceneObject, SceneObject];
  expect(phrases).toHaveLength(2);
  const axis = /left|right/.test(caption) ? 'horizontal' : 'vertical';
  const reversed = / (to the right of|right of|below|under) /.test(caption);
  return reversed ? { axis, first: other, second: one } : { axis, first: one, second: other };
}

const words = (caption: string): string => caption.split(' ').sort().join(' ');

const sample = allMeanings().filter((_, i) => i % 37 === 0);

describe('captions', () => {
  it('says the scene, in five different ways', () => {
    for (const meaning of sample) {
      const said = captions(meaning);
      expect(new Set(said).size).toBe(5);
      for (const caption of said) expect(read(caption)).toEqual(meaning);
    }
  });

  it('says different scenes differently', () => {
    const said = allMeanings().flatMap(captions);
    expect(new Set(said).size).toBe(said.length);
  });
});

describe('hardNegatives', () => {
  it('are false, differ from one another and hold the same words the same number of times', () => {
    for (const meaning of sample) {
      for (const caption of captions(meaning)) {
        const negatives = hardNegatives(meaning, caption);
        expect(new Set(negatives.map((negative) => negative.caption)).size).toBe(3);
        for (const negative of negatives) {
          expect(read(negative.caption)).not.toEqual(meaning);
          expect(words(negative.caption)).toBe(words(caption));
        }
      }
    }
  });

  it('exchange what they say they exchange', () => {
    const meaning: Meaning = {
      axis: 'vertical',
      first: { texture: 'striped', colour: 'red', shape: 'star' },
      second: { texture: 'solid', colour: 'blue', shape: 'cross' },
    };
    expect(hardNegatives(meaning, 'a solid blue cross is below a striped red star')).toEqual([
      {
        caption: 'a solid red cross is below a striped blue star',
        kind: 'attribute-swap',
        swapped: 'colour',
      },
      {
        caption: 'a striped blue cross is below a solid red star',
        kind: 'attribute-swap',
        swapped: 'texture',
      },
      {
        caption: 'a striped red star is below a solid blue cross',
        kind: 'relation-reversed',
        swapped: 'object',
      },
    ]);
  });

  it('leave a bag-of-words scorer exactly at chance, whatever its weights', () => {
    const weigh = (word: string): number =>
      Array.from(word).reduce((sum, c) => sum + c.charCodeAt(0), 0);
    const score = (caption: string): number =>
      caption.split(' ').reduce((sum, word) => sum + weigh(word), 0);
    const won = sample.flatMap((meaning) =>
      captions(meaning).flatMap((caption) =>
        hardNegatives(meaning, caption).map(
          (negative) => 0.5 * (1 + Math.sign(score(caption) - score(negative.caption))),
        ),
      ),
    );
    expect(won.every((value) => value === 0.5)).toBe(true);
  });

  it('refuse a caption that is not of the scene', () => {
    const [meaning] = allMeanings();
    expect(() => hardNegatives(meaning as Meaning, 'a dog')).toThrow(/captions\(scene\).*a dog/);
  });
});
