import { extname, relative, sep } from 'node:path';
import { DataError } from '@crossweave/core';
import { filesBelow } from '@crossweave/core/node';
import { imageExtensions, isImageName } from '@crossweave/data';

/** Ends of names of pictures that are not decoded: they are listed, so that they are seen to be left out. */
const undecodable = ['bmp', 'heic', 'heif', 'ico', 'jxl', 'psd'];

function isPicture(path: string): boolean {
  return isImageName(path) || undecodable.includes(extname(path).slice(1).toLowerCase());
}

/**
 * The pictures of a folder and of those below it, by the ends of their names: paths relative to it,
 * folder by folder in the order of the names. Links count as what they point to; hidden files are
 * passed over. Pictures of kinds that are not decoded (HEIC, BMP) are among them: `embedPictures`
 * reports them.
 *
 * @throws DataError when the folder cannot be read or holds no picture.
 */
export async function listPictures(folder: string): Promise<string[]> {
  const paths: string[] = [];
  let others = 0;
  for await (const file of filesBelow(folder)) {
    if (isPicture(file)) paths.push(relative(folder, file).split(sep).join('/'));
    else others++;
  }
  if (paths.length > 0) return paths;
  throw new DataError('the folder holds no pictures', {
    where: folder,
    expected: `files that end in .${imageExtensions.join(', .')}`,
    got: `${others} files of other kinds`,
  });
}
