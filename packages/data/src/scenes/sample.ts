import { foldIn, randomInteger, uniformArray, type Key } from '@crossweave/core';
import { allMeanings, type Meaning, type Placement, type Scene } from './vocabulary';

/** Distance of each object's centre from the middle of the picture along the axis of the relation. */
const offset = 0.24;

/** A scene drawn uniformly over all meanings, with random placement. */
export function sampleScene(key: Key): Scene {
  const meanings = allMeanings();
  const meaning = meanings[randomInteger(foldIn(key, 'meaning'), meanings.length)] as Meaning;
  return placeScene(meaning, foldIn(key, 'placement'));
}

/**
 * One way to draw a meaning: the objects lie on either side of the middle along
 * the relation's axis and share a random position across it; sizes, rotations
 * and the (light, nearly grey) background are jittered. The objects never touch.
 */
export function placeScene(meaning: Meaning, key: Key): Scene {
  const draws = uniformArray(key, 14);
  let next = 0;
  const between = (low: number, high: number): number =>
    round(low + (high - low) * (draws[next++] ?? 0));
  const across = between(0.36, 0.64);
  const place = (along: number): Placement => {
    const radius = between(0.16, 0.21);
    const a = round(along + between(-0.01, 0.01));
    const b = round(across + between(-0.08, 0.08));
    const rotation = between(-12, 12);
    return meaning.axis === 'horizontal'
      ? { x: a, y: b, radius, rotation }
      : { x: b, y: a, radius, rotation };
  };
  const places = [place(0.5 - offset), place(0.5 + offset)] as const;
  const light = between(205, 250);
  const tint = (): number => Math.min(255, Math.round(light + between(-8, 8)));
  return { ...meaning, places, background: [tint(), tint(), tint()] };
}

/** Three decimals: a twentieth of a pixel, and records in captions.jsonl stay short. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
