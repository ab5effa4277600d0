import { DataError } from '@crossweave/core';
import { mapConcurrently } from '../concurrency';
import { openDataset, type DatasetSource, type OpenDatasetOptions } from '../forms/open-dataset';
import { findImage } from '../pairs/images';
import { RowJoiner, type BadRow, type ReadSample } from '../pairs/samples';

/** All samples of a dataset, joined by image, and the rows that could not be read. */
export interface CollectedSamples {
  readonly format: string;
  readonly name: string;
  readonly rows: number;
  readonly samples: readonly ReadSample[];
  readonly bad: readonly BadRow[];
}

export async function collectSamples(
  source: DatasetSource,
  options: OpenDatasetOptions,
): Promise<CollectedSamples> {
  const dataset = await openDataset(source, options);
  const joiner = new RowJoiner(dataset.name, dataset.folder);
  for await (const part of dataset.parts()) joiner.add(part);
  const { format, name } = dataset;
  return { format, name, rows: joiner.rows, samples: joiner.samples(), bad: joiner.bad };
}

/** What one split holds. */
export interface SplitSummary {
  /** Images. */
  readonly samples: number;
  readonly captions: number;
  /** Words of the captions, by spaces. */
  readonly words: { readonly mean: number; readonly most: number };
  /** Captions with a label. */
  readonly labelled: number;
  /** Different labels, and the most frequent of them with their counts. */
  readonly labels: { readonly distinct: number; readonly first: Readonly<Record<string, number>> };
  /** Different groups. */
  readonly groups: number;
}

/** What a dataset holds, by its rows, and whether its image files are there. */
export interface DatasetSummary {
  readonly format: string;
  readonly rows: number;
  /** `first`: of those that say different things. */
  readonly rejects: { readonly count: number; readonly first: readonly string[] };
  /** Images whose file is not there. */
  readonly missing: { readonly count: number; readonly first: readonly string[] };
  readonly splits: Readonly<Record<string, SplitSummary>>;
  /** The first samples as they were read. */
  readonly examples: readonly object[];
}

/**
 * Reads all rows of a dataset. Counts samples, captions and labels of each split, and the image
 * files that do not exist. The image files themselves are not opened.
 *
 * @throws as `openDataset` and its `rows`
 */
export async function summariseDataset(
  source: DatasetSource,
  options: OpenDatasetOptions = {},
): Promise<DatasetSummary> {
  return summariseSamples(await collectSamples(source, options), options.signal);
}

/** The same of samples that have been read. */
export async function summariseSamples(
  { format, rows, samples, bad }: CollectedSamples,
  signal?: AbortSignal,
): Promise<DatasetSummary> {
  const names = [...new Set(samples.map(({ split }) => split))];
  const files = await mapConcurrently(samples, filesAtOnce, findImage, signal);
  const missing = files.filter((file) => file instanceof DataError);
  return {
    format,
    rows,
    rejects: firstOf(bad.map(({ error }) => error)),
    missing: firstOf(missing),
    splits: Object.fromEntries(
      names.map((name) => [name, summarise(samples.filter(({ split }) => split === name))]),
    ),
    examples: samples.slice(0, 3).map(({ id, image, split, captions, labels, group }) => ({
      id,
      image,
      split,
      captions: captions.slice(0, 5),
      ...(labels && { labels: labels.slice(0, 5) }),
      ...(group !== undefined && { group }),
    })),
  };
}

/** Those that say the same of other rows than the first one does tell nothing. */
function firstOf(errors: readonly DataError[]): DatasetSummary['rejects'] {
  const said = new Map<string, string>();
  for (const { message, where = '' } of errors) {
    const same = message.replace(where, '');
    if (!said.has(same)) said.set(same, message);
    if (said.size === 5) break;
  }
  return { count: errors.length, first: [...said.values()] };
}

const filesAtOnce = 8;
const shownLabels = 10;

function summarise(samples: readonly ReadSample[]): SplitSummary {
  const captions = samples.flatMap((sample) => sample.captions);
  const lengths = captions.map((caption) => caption.split(/\s+/).length);
  const labels = samples.flatMap((sample) =>
    (sample.labels ?? []).filter((label) => label !== undefined),
  );
  const counts = new Map<string, number>();
  for (const label of labels.flat())
    counts.set(String(label), (counts.get(String(label)) ?? 0) + 1);
  const groups = new Set(samples.flatMap(({ group }) => (group === undefined ? [] : [group])));
  return {
    samples: samples.length,
    captions: captions.length,
    words: {
      mean: lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length),
      most: lengths.reduce((most, length) => Math.max(most, length), 0),
    },
    labelled: labels.length,
    labels: {
      distinct: counts.size,
      first: Object.fromEntries([...counts].sort(([, a], [, b]) => b - a).slice(0, shownLabels)),
    },
    groups: groups.size,
  };
}
