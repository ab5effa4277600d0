import { foldIn, key as keyOf } from '@crossweave/core';
import { captions, hardNegatives, type HardNegative } from './captions';
import { dealScenes, type Deal, type Dealt, type Split } from './deal';
import { placeScene } from './sample';
import type { Scene } from './vocabulary';

/** One line of `captions.jsonl`. */
export interface SceneRecord {
  readonly id: string;
  /** Relative to the folder of `captions.jsonl`, with `/`. */
  readonly image: string;
  readonly split: Split;
  readonly heldOut: boolean;
  readonly captions: readonly string[];
  /** `negatives[i]` holds the hard negatives of `captions[i]`. */
  readonly negatives: readonly (readonly HardNegative[])[];
  readonly scene: Scene;
}

/** The scenes of a dataset of this count and seed, and the pairs that val and test keep for themselves. */
export function sceneDeal(count: number, seed: number): Deal {
  return dealScenes(count, foldIn(keyOf(seed), 'scenes.deal'));
}

/** The record of the scene that the deal of this seed has at `index`. */
export function sceneRecord(
  { meaning, split, heldOut }: Dealt,
  index: number,
  seed: number,
): SceneRecord {
  const id = String(index + 1).padStart(6, '0');
  const scene = placeScene(meaning, foldIn(foldIn(keyOf(seed), 'scenes.place'), index));
  const said = captions(scene);
  return {
    id,
    image: `images/${id}.${index % 4 === 3 ? 'png' : 'jpg'}`,
    split,
    heldOut,
    captions: said,
    negatives: said.map((caption) => hardNegatives(scene, caption)),
    scene,
  };
}
