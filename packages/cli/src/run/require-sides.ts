import { ConfigError, type Fusion, type PairSplit } from '@crossweave/core';

/** @throws ConfigError where a record lacks a side that the fusion needs. */
export function requireSides(folder: string, fusion: Fusion, splits: readonly PairSplit[]): void {
  if (fusion.takesMissing === true) return;
  const records = splits.flatMap((split) => split.records);
  const lacking = records.find(({ missing }) => missing !== undefined);
  if (lacking === undefined) return;
  const count = records.filter(({ missing }) => missing !== undefined).length;
  throw new ConfigError(
    `${count} of ${records.length} records lack their image or their text, and the model needs both`,
    {
      where: folder,
      expected: 'an image and a text in every record, or a model that was trained to do without',
      got: `no ${lacking.missing!} in ${lacking.id}`,
      advice:
        'Train one that can: crossweave train … --set \'fusion.options.missing={"imageDropout":0.2,"textDropout":0.2}\' drops a fifth of the pictures and a fifth of the texts while training.',
    },
  );
}
