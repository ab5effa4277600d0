import { ConfigError } from '@crossweave/core';
import { measurePictureStore, prunePictureStore, type StoredPictures } from '@crossweave/data';
import { measureFeatureStore, pruneFeatureStore, type StoredFeatures } from '@crossweave/lab';
import { text, wholeNumber, type Command } from '../command';

export const dataStore: Command = {
  name: 'data store',
  summary: 'Says how large a store of decoded pictures or of features is, and makes it smaller.',
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
        expected: 'the folder that --picture-store or --feature-store names',
        got: positionals.join(' '),
      });
    }
    const isFeatures = (await measureFeatureStore(folder)).encoders > 0;
    if (text(values, 'keep') === undefined) {
      const left = await (isFeatures ? measureFeatureStore : measurePictureStore)(folder);
      terminal.line(`${folder}: ${sizeOf(left)}`);
      return { left };
    }
    const keepBytes = 1e6 * wholeNumber(values, 'keep', 0, 1e9);
    const pruned = await (isFeatures ? pruneFeatureStore : prunePictureStore)(folder, {
      keepBytes,
    });
    terminal.line(`${folder}: ${sizeOf(pruned.removed)} removed, ${sizeOf(pruned.left)} left`);
    return pruned;
  },
};

function sizeOf(stored: StoredPictures | StoredFeatures): string {
  const { bytes } = stored;
  const what =
    'pictures' in stored
      ? `${stored.pictures} pictures`
      : `the features of ${stored.encoders} encoders`;
  return `${what} of ${(bytes / 1e6).toFixed(1)} MB`;
}
