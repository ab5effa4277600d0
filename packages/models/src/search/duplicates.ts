import { ConfigError } from '@crossweave/core';
import { checkOptions, count, number, type Checks } from '@crossweave/core/authoring';
import type { OpenModel } from '../open/open-model';
import { preparePictures, type PictureFile } from '../pictures/prepare-pictures';
import { joinEmbeddings, requireEmbeddings, type Embeddings } from '../vectors/embeddings';
import { nearestOf } from './nearest';

/** Items that are taken for one. */
export interface DuplicateGroup {
  /** Rows, the earliest first: the one to keep. At least two. */
  readonly rows: readonly number[];
  /** The lowest cosine by which one of them joined the others. */
  readonly score: number;
}

export interface DuplicatesOptions {
  /** Cosine from which two items are taken for one, in (−1, 1]. See {@link calibrateDuplicates}. */
  readonly threshold: number;
  /** Neighbours of each item that are compared. Default 16: larger groups still join over others. */
  readonly neighbours?: number;
}

export const duplicatesChecks: Checks<DuplicatesOptions> = {
  threshold: number({ above: -1, max: 1 }),
  neighbours: count(),
};

/** Items that are sought for at a time. */
const batchSize = 256;

/**
 * Groups of items that are nearly the same: two belong together when their cosine is at least the
 * threshold, or when a third one belongs to both.
 *
 * @throws ConfigError for a wrong option, or items that are not of unit length; NonFiniteError.
 */
export async function duplicates(
  items: Embeddings,
  options: DuplicatesOptions,
): Promise<DuplicateGroup[]> {
  checkOptions('duplicates', options, duplicatesChecks, ['threshold']);
  requireEmbeddings('duplicates', 'items', items, { unit: true });
  const { threshold, neighbours = 16 } = options;
  const parents = Array.from({ length: items.rows }, (_, row) => row);
  const rootOf = (row: number): number => {
    let root = row;
    while (parents[root] !== root) root = parents[root]!;
    parents[row] = root;
    return root;
  };
  const lowest = new Map<number, number>();
  for await (const { row, found } of neighboursOf(items, neighbours)) {
    for (const { row: other, score } of found) {
      if (score < threshold) continue;
      const [a, b] = [rootOf(row), rootOf(other)];
      const low = Math.min(score, lowest.get(a) ?? 1, lowest.get(b) ?? 1);
      parents[Math.max(a, b)] = Math.min(a, b);
      if (a !== b) lowest.set(Math.min(a, b), low);
    }
  }
  const groups = new Map<number, number[]>();
  parents.forEach((_, row) => {
    const root = rootOf(row);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [row]);
    else group.push(row);
  });
  return [...groups]
    .filter(([, rows]) => rows.length > 1)
    .map(([root, rows]) => ({ rows, score: lowest.get(root) ?? 1 }));
}

/** Of each item the nearest others. */
async function* neighboursOf(items: Embeddings, count: number) {
  const { rows, dim, values } = items;
  for (let from = 0; from < rows; from += batchSize) {
    const size = Math.min(batchSize, rows - from);
    const some = values.subarray(from * dim, (from + size) * dim);
    const found = await nearestOf({ rows: size, dim, values: some }, items, { top: count + 1 });
    for (const [i, own] of found.entries()) {
      yield { row: from + i, found: own.filter(({ row }) => row !== from + i) };
    }
  }
}

/** A threshold, and what it does to the pictures that it was chosen by. */
export interface DuplicateCalibration {
  readonly threshold: number;
  /** Share of the pictures that would be taken for another one: at most what was asked for. */
  readonly mistaken: number;
  /** Share of the pictures that would be known again by their middle 90 %. */
  readonly known: number;
  readonly pictures: number;
}

export interface CalibrationOptions {
  /** Share of different pictures that may be taken for one, in [0, 1). Default 0.01. */
  readonly mistaken?: number;
  readonly signal?: AbortSignal;
}

export const calibrationChecks: Checks<Omit<CalibrationOptions, 'signal'>> = {
  mistaken: number({ min: 0, below: 1 }),
};

/** Pictures that are in memory at a time. */
const decodedAtOnce = 32;

/**
 * Chooses the threshold of {@link duplicates} by pictures of a validation split that are known to be
 * different: the lowest one at which at most the share `mistaken` of them has another one as near as
 * that. How well it knows a picture again is measured with its middle 90 %.
 *
 * @param files at least ten, no two of the same thing
 * @throws ConfigError for fewer, or where no threshold below 1 tells them apart
 */
export async function calibrateDuplicates(
  model: Pick<OpenModel, 'encodeImage' | 'preprocessing' | 'dim'>,
  files: AsyncIterable<PictureFile> | Iterable<PictureFile>,
  options: CalibrationOptions = {},
): Promise<DuplicateCalibration> {
  const where = 'calibrateDuplicates';
  const { signal, ...checked } = options;
  checkOptions(where, checked, calibrationChecks);
  const { mistaken = 0.01 } = checked;
  const tooLittle = (got: string | number): ConfigError =>
    new ConfigError('there is too little to calibrate by', {
      where,
      expected: 'a model with an image tower, and ten pictures or more',
      got,
    });
  if (model.preprocessing === undefined) throw tooLittle('no image tower');
  const { size, resizeTo } = model.preprocessing;
  const closer = { ...model.preprocessing, resizeTo: Math.ceil(Math.max(resizeTo, size) / 0.9) };
  const [whole, middle] = [[] as Embeddings[], [] as Embeddings[]];
  const encode = async (some: readonly PictureFile[]): Promise<void> => {
    signal?.throwIfAborted();
    whole.push(await model.encodeImage(some));
    const cut = await preparePictures(some, closer);
    try {
      middle.push(await model.encodeImage(cut));
    } finally {
      cut.dispose();
    }
  };
  let held: PictureFile[] = [];
  for await (const file of files) {
    held.push(file);
    if (held.length < decodedAtOnce) continue;
    await encode(held);
    held = [];
  }
  if (held.length > 0) await encode(held);
  const originals = joinEmbeddings(whole, model.dim);
  if (originals.rows < 10) throw tooLittle(originals.rows);
  const others: number[] = [];
  for await (const { found } of neighboursOf(originals, 1)) others.push(found[0]!.score);
  const threshold = thresholdOf(others, mistaken);
  if (threshold > 1) {
    throw new ConfigError('the model does not tell these pictures apart', {
      ...{ where, expected: `a share of at most ${mistaken} with a cosine of 1 to another` },
      advice: 'Leave out pictures that are there twice, or use another model.',
    });
  }
  const again = joinEmbeddings(middle, model.dim);
  const cosine = (row: number): number => {
    const at = row * model.dim;
    let sum = 0;
    for (let i = 0; i < model.dim; i++) sum += originals.values[at + i]! * again.values[at + i]!;
    return sum;
  };
  const share = (hit: (row: number) => boolean): number =>
    others.filter((_, row) => hit(row)).length / others.length;
  return {
    threshold,
    mistaken: share((row) => others[row]! >= threshold),
    known: share((row) => cosine(row) >= threshold),
    pictures: originals.rows,
  };
}

/** Just above the cosine that may not be reached by more of the pictures. */
function thresholdOf(scores: readonly number[], mistaken: number): number {
  const sorted = [...scores].sort((a, b) => b - a);
  const allowed = Math.floor(mistaken * sorted.length);
  return Math.fround(sorted[allowed]! + 1e-6);
}
