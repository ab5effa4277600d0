import { ConfigError } from '@crossweave/core';
import { measurePictureStore, prunePictureStore, type StoredPictures } from '@crossweave/data';
import { text, wholeNumber, type Command } from '../command';

export const dataStore: Command = {
  name: 'data store',
  summary: 'Says how large a store of decoded pictures is, and makes it smaller.',
  positionals: 'DIR',
  options: {
    keep: { type: 'string', value: 'MB', summary: 'remove what was not used for longest' },
  },
  example: 'crossweave data store pictures --keep 2000',
  async run(values, positionals, { terminal }) {
    const [folder, ...surplus] = positionals;
    if (folder === undefined || surplus.length > 0) {
      throw new ConfigError('name the store', {
        where: 'crossweave data store',
        expected: 'the folder that data.pictureStore or --picture-store names',
        got: positionals.join(' '),
      });
    }
    if (text(values, 'keep') === undefined) {
      const left = await measurePictureStore(folder);
      terminal.line(`${folder}: ${sizeOf(left)}`);
      return { left };
    }
    const keepBytes = 1e6 * wholeNumber(values, 'keep', 0, 1e9);
    const pruned = await prunePictureStore(folder, { keepBytes });
    terminal.line(`${folder}: ${sizeOf(pruned.removed)} removed, ${sizeOf(pruned.left)} left`);
    return pruned;
  },
};

function sizeOf({ pictures, bytes }: StoredPictures): string {
  return `${pictures} pictures of ${(bytes / 1e6).toFixed(1)} MB`;
}
