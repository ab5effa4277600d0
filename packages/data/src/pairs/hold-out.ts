import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { DataError } from '@crossweave/core';
import { number, recordOf, type Check } from '@crossweave/core/authoring';
import { defaultSplit } from '../records/record';
import type { ReadSample } from './samples';

/** Shares of the records of `train`, by the split that they go to. */
export type HoldOut = Readonly<Record<string, number>>;

const shares = recordOf(number({ above: 0, below: 1 }));

export const holdOutCheck: Check = {
  expected: `splits with their shares of "${defaultSplit}", together less than 1: { test: 0.1 }`,
  accepts: (value) =>
    shares.accepts(value) &&
    Object.values(value as HoldOut).reduce((sum, share) => sum + share, 0) < 1 &&
    Object.keys(value as HoldOut).every((name) => name.trim() !== '' && name !== defaultSplit),
};

/**
 * Moves shares of `train` to other splits. Which records go is decided by a hash of their group, or
 * of their image's path: it is the same at every start, whatever the order of the file, and a group
 * stays together. Every split gets at least one.
 *
 * @throws DataError when the file names one of these splits itself, or `train` has too few records
 */
export function holdOutSamples(
  samples: readonly ReadSample[],
  holdOut: HoldOut,
  file: string,
): ReadSample[] {
  const names = Object.keys(holdOut);
  const named = samples.find(({ split }) => names.includes(split));
  if (named !== undefined) {
    throw new DataError(`the file has a split "${named.split}" of its own`, {
      where: named.where,
      expected: `no record of ${names.map((name) => `"${name}"`).join(' or ')} where it is held out`,
      got: named.image,
      advice: 'Leave it out of holdOut, or give it another name there.',
    });
  }
  const units = new Map<string, ReadSample[]>();
  for (const sample of samples) {
    if (sample.split !== defaultSplit) continue;
    const unit = JSON.stringify(sample.group === undefined ? [sample.image] : { of: sample.group });
    const members = units.get(unit);
    if (members === undefined) units.set(unit, [sample]);
    else members.push(sample);
  }
  const total = samples.filter(({ split }) => split === defaultSplit).length;
  const order = Array.from(units, ([unit, members]) => ({
    rank: createHash('sha256').update(unit).digest('hex'),
    members,
  })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  if (order.length <= names.length) {
    throw new DataError(`"${defaultSplit}" has too few records to hold some out`, {
      where: basename(file),
      expected: `more than ${names.length} images or groups`,
      got: order.length,
    });
  }
  const moved = new Map<ReadSample, string>();
  let next = 0;
  names.forEach((name, i) => {
    const wanted = Math.max(1, Math.round(holdOut[name]! * total));
    // One unit is left for each of the splits to come, and for training.
    const last = order.length - (names.length - i);
    for (let taken = 0; taken < wanted && next < last; next++) {
      for (const sample of order[next]!.members) moved.set(sample, name);
      taken += order[next]!.members.length;
    }
  });
  return samples.map((sample) => {
    const split = moved.get(sample);
    return split === undefined ? sample : { ...sample, split };
  });
}
