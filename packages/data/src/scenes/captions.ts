import { ConfigError } from '@crossweave/core';
import type { Meaning, SceneObject } from './vocabulary';

/** A caption that is false of the picture though it holds exactly the same words as a true one. */
export interface HardNegative {
  readonly caption: string;
  readonly kind: 'attribute-swap' | 'relation-reversed';
  /** What was exchanged between the two objects; `object` exchanges them whole. */
  readonly swapped: 'colour' | 'texture' | 'object';
}

/**
 * Each form names both objects once, whatever the scene, so form `i` of a
 * scene with something exchanged is a reordering of form `i` of the scene.
 * Articles never change with the next word: every noun phrase starts with a texture.
 */
const forms: Record<Meaning['axis'], readonly ((first: string, second: string) => string)[]> = {
  horizontal: [
    (first, second) => `${first} is to the left of ${second}`,
    (first, second) => `${second} is to the right of ${first}`,
    (first, second) => `${first} on the left and ${second} on the right`,
    (first, second) => `there is ${first} left of ${second}`,
    (first, second) => `there is ${second} right of ${first}`,
  ],
  vertical: [
    (first, second) => `${first} is above ${second}`,
    (first, second) => `${second} is below ${first}`,
    (first, second) => `${first} at the top and ${second} at the bottom`,
    (first, second) => `there is ${first} over ${second}`,
    (first, second) => `there is ${second} under ${first}`,
  ],
};

/** Five true captions, each of which names both objects fully and their arrangement. */
export function captions(scene: Meaning): string[] {
  const first = nounPhrase(scene.first);
  const second = nounPhrase(scene.second);
  return forms[scene.axis].map((form) => form(first, second));
}

/**
 * The three captions that differ from `caption` in binding alone: colours
 * exchanged, textures exchanged, the relation reversed (the objects exchanged,
 * which keeps the words and their count the same where writing `right` for
 * `left` would not).
 *
 * @param caption one of `captions(scene)`
 * @throws ConfigError if it is not
 */
export function hardNegatives(scene: Meaning, caption: string): HardNegative[] {
  const form = captions(scene).indexOf(caption);
  if (form < 0) {
    throw new ConfigError('hard negatives are made from a true caption', {
      where: 'hardNegatives',
      expected: 'one of captions(scene)',
      got: caption,
    });
  }
  const say = (meaning: Meaning): string => captions(meaning)[form] as string;
  return [
    { caption: say(exchange(scene, 'colour')), kind: 'attribute-swap', swapped: 'colour' },
    { caption: say(exchange(scene, 'texture')), kind: 'attribute-swap', swapped: 'texture' },
    { caption: say(reverse(scene)), kind: 'relation-reversed', swapped: 'object' },
  ];
}

/** The meaning with one attribute exchanged between its objects. */
export function exchange(meaning: Meaning, attribute: 'colour' | 'texture'): Meaning {
  const { axis, first, second } = meaning;
  return {
    axis,
    first: { ...first, [attribute]: second[attribute] },
    second: { ...second, [attribute]: first[attribute] },
  };
}

function reverse({ axis, first, second }: Meaning): Meaning {
  return { axis, first: second, second: first };
}

function nounPhrase({ texture, colour, shape }: SceneObject): string {
  return `a ${texture} ${colour} ${shape}`;
}
