import { ConfigError, foldIn, permutation, type Key } from '@crossweave/core';
import { exchange } from './captions';
import {
  allMeanings,
  colourNames,
  shapes,
  type Colour,
  type Meaning,
  type SceneObject,
  type Shape,
} from './vocabulary';

export type Split = 'train' | 'val' | 'test';

export interface Dealt {
  readonly meaning: Meaning;
  readonly split: Split;
  /** Whether its colour–shape pairs occur nowhere in train. */
  readonly heldOut: boolean;
}

/** Two colours and two shapes whose four pairs one split keeps for itself. */
export interface Block {
  readonly colours: readonly [Colour, Colour];
  readonly shapes: readonly [Shape, Shape];
}

/** Scenes in a shuffled order, and the pairs that val and test keep for themselves. */
export interface Deal {
  readonly scenes: readonly Dealt[];
  readonly blocks: Readonly<Record<'val' | 'test', Block>>;
}

/** Smallest dataset in which val and test have room for both of their kinds. */
const smallestCount = 20;

/**
 * Which colour–shape pairs val and test keep for themselves: 2 × 2 pairs each,
 * no colour and no shape in both. A block, rather than scattered pairs, is
 * closed under exchanging colours: the negatives of a held-out scene are as
 * new as its captions, so "this pair is unknown" says nothing about the truth.
 */
export function heldOutBlocks(key: Key): Record<'val' | 'test', Block> {
  const colour = permutation(foldIn(key, 'colours'), colourNames.length).map(
    (i) => colourNames[i] as Colour,
  );
  const shape = permutation(foldIn(key, 'shapes'), shapes.length).map((i) => shapes[i] as Shape);
  const [c0, c1, c2, c3] = colour as [Colour, Colour, Colour, Colour];
  const [s0, s1, s2, s3] = shape as [Shape, Shape, Shape, Shape];
  return {
    val: { colours: [c0, c1], shapes: [s0, s1] },
    test: { colours: [c2, c3], shapes: [s2, s3] },
  };
}

/**
 * Chooses `count` meanings and their splits: a tenth each for val and test
 * (at most 480, so that train never runs dry), of which up to a quarter are
 * built of held-out pairs alone. No meaning occurs twice, neither within nor
 * across splits, until train has used all of its meanings; then it repeats
 * them (to be drawn anew). In train no held-out pair occurs, not even in a
 * hard negative.
 *
 * @throws ConfigError if `count` is not a whole number ≥ 20
 */
export function dealScenes(count: number, key: Key): Deal {
  if (!Number.isInteger(count) || count < smallestCount) {
    throw new ConfigError('too few scenes to fill three splits', {
      where: 'dealScenes',
      expected: `a whole number >= ${smallestCount}`,
      got: count,
    });
  }
  const blocks = heldOutBlocks(foldIn(key, 'blocks'));
  const meanings = allMeanings();
  const shuffled = permutation(foldIn(key, 'meanings'), meanings.length).map(
    (i) => meanings[i] as Meaning,
  );
  const seen = shuffled.filter(
    (meaning) => !touches(meaning, blocks.val) && !touches(meaning, blocks.test),
  );
  const size = Math.min(480, Math.floor(count / 10));
  const evaluation = (['val', 'test'] as const).flatMap((split, i): Dealt[] => {
    const fresh = shuffled.filter((meaning) => isWithin(meaning, blocks[split]));
    const heldOut = fresh.slice(0, Math.ceil(size / 4));
    const rest = seen.slice(i * size, (i + 1) * size - heldOut.length);
    return [
      ...heldOut.map((meaning) => ({ meaning, split, heldOut: true })),
      ...rest.map((meaning) => ({ meaning, split, heldOut: false })),
    ];
  });
  const forTrain = seen.slice(2 * size);
  const train = Array.from({ length: count - evaluation.length }, (_, i): Dealt => ({
    meaning: forTrain[i % forTrain.length] as Meaning,
    split: 'train',
    heldOut: false,
  }));
  const dealt = [...train, ...evaluation];
  const order = permutation(foldIn(key, 'order'), count);
  return { scenes: order.map((i) => dealt[i] as Dealt), blocks };
}

/** Whether the meaning, or the meaning with colours exchanged, has a pair of the block. */
export function touches(meaning: Meaning, block: Block): boolean {
  return [meaning, exchange(meaning, 'colour')].some(
    ({ first, second }) => holds(block, first) || holds(block, second),
  );
}

function isWithin({ first, second }: Meaning, block: Block): boolean {
  return holds(block, first) && holds(block, second);
}

function holds(block: Block, { colour, shape }: SceneObject): boolean {
  return block.colours.includes(colour) && block.shapes.includes(shape);
}
