import { ConfigError, type PairSplit } from '@crossweave/core';
import type { PictureChange } from '../image/augment';
import { changesPictures, type Augmentation } from './augmentation';

/** A split whose pictures can be changed: those of files are of this kind. */
export interface ChangeableSplit<Image> {
  /** As `images`, with a change for each row. */
  changedImages(rows: readonly number[], changes: readonly PictureChange[]): Promise<Image>;
}

function isChangeable<Image>(split: object): split is ChangeableSplit<Image> {
  return 'changedImages' in split && typeof split.changedImages === 'function';
}

/**
 * How the pictures of a split are had.
 *
 * @throws ConfigError when pictures are to change and the split has no way to
 */
export function pictureSource<Image>(
  split: PairSplit<Image, unknown>,
  where: string,
  augment: Augmentation,
): ChangeableSplit<Image>['changedImages'] {
  if (!changesPictures(augment)) return (rows) => split.images(rows);
  const changeable: object = split;
  if (isChangeable<Image>(changeable)) {
    return (rows, changes) => changeable.changedImages(rows, changes);
  }
  throw new ConfigError('the pictures of this split cannot be changed', {
    where,
    expected: 'a split with changedImages(rows, changes), as loadPairs gives it',
    got: 'augment on a split without it',
    advice: 'Leave out augment, or of it all but wordDrop and synonyms.',
  });
}
