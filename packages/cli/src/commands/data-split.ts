import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError, DataError, key as keyOf } from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';
import { codeOf, fileError, writeFileAtomic } from '@crossweave/core/node';
import {
  assignSplits,
  defaultSplit,
  openDataset,
  requireFewRejects,
  type CaptionRecord,
  type Dataset,
  type Reject,
  type Row,
} from '@crossweave/data';
import { requiredText, text, wholeNumber, type Command } from '../command';
import { dataFlags, dataSettings, inFlags } from '../config/data-flags';

/** The flags of the data that reading rows takes. */
const reading = new Set([
  ...['columns', 'text', 'labels', 'format', 'delimiter', 'quote', 'escape', 'encoding'],
  'max-rejects',
]);

export const dataSplit: Command = {
  name: 'data split',
  summary:
    'Splits the records of a captions file or of class folders into train, val and test, as JSONL.',
  options: {
    captions: {
      type: 'string',
      value: 'FILE',
      summary: 'captions file without splits, or a folder of classes',
    },
    out: { type: 'string', value: 'FILE', summary: 'JSONL file that is written' },
    val: { type: 'string', value: 'SHARE', summary: 'of the records, in [0, 1)', default: '0.1' },
    test: { type: 'string', value: 'SHARE', summary: 'of the records, in [0, 1)', default: '0.1' },
    seed: { type: 'string', value: 'N', summary: 'same seed, same splits', default: '0' },
    apart: {
      type: 'string',
      value: 'WHAT',
      summary: 'what is never in two splits, besides groups: images, or images-and-captions',
      default: 'images',
    },
    again: { type: 'boolean', summary: 'ignore the splits that the file has' },
    ...Object.fromEntries(Object.entries(dataFlags).filter(([name]) => reading.has(name))),
  },
  example: 'crossweave data split --captions all.csv --out captions.jsonl --test 0.2',
  async run(values, _positionals, { terminal, signal }) {
    const file = resolve(requiredText(dataSplit, values, 'captions'));
    const out = resolve(requiredText(dataSplit, values, 'out'));
    if (out === file) {
      throw new ConfigError('--out is the captions file itself', {
        where: 'crossweave data split',
        expected: 'another file, which is written anew',
        got: out,
      });
    }
    const shares = sharesOf(values['val'], values['test']);
    const byCaption = apartOf(text(values, 'apart'));
    const { maxRejects, ...settings } = dataSettings(values);
    const allowed = maxRejects as number | undefined;
    if (allowed !== undefined) {
      requireNumber('crossweave data split', '--max-rejects', allowed, { min: 0, max: 1 });
    }
    const dataset = await openDataset(file, { ...settings, signal });
    requireFiles(file, dataset);
    const rows: Row[] = [];
    for await (const row of dataset.rows()) rows.push(row);
    const records = rows.flatMap((row) => ('record' in row ? [row.record] : []));
    const errors = rows.flatMap((row) => ('error' in row ? [row.error] : []));
    requireFewRejects(errors.map(rejected), rows.length, file, allowed);
    if (values['again'] !== true) requireNoSplits(file, records);

    const pathOf = ({ image }: CaptionRecord): string => resolve(dataset.folder, image);
    const contents = await contentsOf(records.map(pathOf), signal);
    const together = records.map((record) =>
      namesOf(record, pathOf(record), contents.get(pathOf(record)), byCaption),
    );
    const splits = assignSplits(
      records.map(({ labels }, i) => ({ together: together[i]!, labels })),
      { shares, key: keyOf(wholeNumber(values, 'seed')) },
    );
    const lines = records.map((record, i) =>
      JSON.stringify({
        id: record.id,
        image: pathFrom(dirname(out), pathOf(record), record.image),
        split: splits[i],
        captions: record.captions,
        ...(record.negatives && { negatives: record.negatives }),
        ...(record.labels && { labels: record.labels.map((label) => label ?? null) }),
        ...(record.group !== undefined && { group: record.group }),
      }),
    );
    await writeFileAtomic(out, lines.map((line) => `${line}\n`).join(''));
    const counts: Record<string, number> = {};
    for (const name of splits) counts[name] = (counts[name] ?? 0) + 1;
    for (const [name, count] of Object.entries(counts)) terminal.line(`${name}: ${count} records`);
    if (errors.length > 0) {
      terminal.line(
        `${errors.length} of ${rows.length} rows were left out: ${inFlags(errors[0]!.message)}`,
      );
    }
    return { out, rows: rows.length, rejected: errors.length, splits: counts };
  },
};

/** @throws ConfigError for a form that holds its pictures, to which JSONL could not refer. */
function requireFiles(where: string, { format }: Dataset): void {
  if (format !== 'webdataset' && format !== 'parquet') return;
  throw new ConfigError(`the form ${format} holds its pictures inside`, {
    where,
    expected: 'a form that names picture files, or a folder of classes',
    got: format,
    advice: 'Convert it first: crossweave data convert … --to jsonl.',
  });
}

/** What a record has in common with others that must be in its split. */
function namesOf(
  { captions, group }: CaptionRecord,
  path: string,
  content: string | undefined,
  byCaption: boolean,
): string[] {
  return [
    `image ${path}`,
    ...(content === undefined ? [] : [`content ${content}`]),
    ...(group === undefined ? [] : [`group ${group}`]),
    ...(byCaption ? captions.map((caption) => `caption ${caption.trim().toLowerCase()}`) : []),
  ];
}

/**
 * The hash of each picture, one picture in memory at a time. A picture that is not there has none and
 * is known by its path alone; training says that it is missing.
 *
 * @throws DataError for a picture that is there and cannot be read.
 */
async function contentsOf(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for (const path of new Set(paths)) {
    signal.throwIfAborted();
    try {
      contents.set(
        path,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      );
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') throw fileError('the picture cannot be read', path, cause);
    }
  }
  return contents;
}

function rejected(error: DataError, row: number): Reject {
  return { key: `row ${row + 1}`, error, reason: 'record', action: 'skipped', rows: 1 };
}

function sharesOf(val: unknown, test: unknown): Record<string, number> {
  const [a, b] = Object.entries({ val, test }).map(([name, given]) => {
    const share = typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
    if (share >= 0 && share < 1) return share;
    throw new ConfigError(`--${name} must be a share`, {
      expected: 'a number of at least 0 and below 1',
      got: String(given),
    });
  }) as [number, number];
  if (a + b < 1) return { train: 1 - a - b, val: a, test: b };
  throw new ConfigError('--val and --test leave nothing to train on', {
    expected: 'shares whose sum is below 1',
    got: a + b,
  });
}

function apartOf(given: string | undefined): boolean {
  if (given === 'images' || given === 'images-and-captions') return given !== 'images';
  throw new ConfigError('--apart names what is never in two splits', {
    expected: 'images or images-and-captions',
    got: given,
  });
}

function requireNoSplits(file: string, records: readonly CaptionRecord[]): void {
  const names = [...new Set(records.map(({ split }) => split))];
  if (names.length === 0 || names.join() === defaultSplit) return;
  throw new DataError('the file has splits already', {
    where: file,
    expected: 'records without a split',
    got: names.join(', '),
    advice: 'Use them as they are, or ignore them with --again.',
  });
}

/** A path as the new file must have it, with slashes as the old one. */
function pathFrom(folder: string, path: string, written: string): string {
  return isAbsolute(written) ? written : relative(folder, path).split(sep).join('/');
}
