import { resolve } from 'node:path';
import { DataError, nearestName } from '@crossweave/core';
import { countVocabulary, openDataset, writeVocabulary, type Dataset } from '@crossweave/data';
import { requiredText, text, wholeNumber, type Command } from '../command';
import { inFlags } from '../config/data-flags';
import { sourceFlags, sourceOfCommand } from './data-source';

export const dataVocabulary: Command = {
  name: 'data vocabulary',
  summary: 'Makes a tokenizer of the words of a dataset, for training pairs that are streamed.',
  positionals: 'PATH',
  options: {
    ...sourceFlags,
    split: { type: 'string', value: 'NAME', summary: 'whose captions are read', default: 'train' },
    'max-size': { type: 'string', value: 'N', summary: 'most words', default: '30522' },
    'min-count': { type: 'string', value: 'N', summary: 'least occurrences', default: '1' },
    out: { type: 'string', value: 'DIR', summary: 'folder of the tokenizer' },
  },
  example: "crossweave data vocabulary 'shards/train-{000..099}.tar' --out words",
  async run(values, positionals, { terminal, signal }) {
    const { source, options } = sourceOfCommand(dataVocabulary, values, positionals);
    const out = resolve(requiredText(dataVocabulary, values, 'out'));
    const split = text(values, 'split') ?? 'train';
    const read: Read = { rows: 0, captions: 0, rejected: 0 };
    const dataset = await openDataset(source, { ...options, signal });
    const vocabulary = await countVocabulary(captionsOf(dataset, split, read), {
      maxSize: wholeNumber(values, 'max-size', 6, 2 ** 31 - 1),
      minCount: wholeNumber(values, 'min-count', 1),
    });
    await writeVocabulary(vocabulary, out);
    const { rows, captions, rejected, firstReject } = read;
    const tokens = vocabulary.tokens.length;
    terminal.line(
      `${out}: ${tokens} tokens of ${captions} captions in ${rows} rows; ${rejected} rows rejected`,
    );
    if (firstReject !== undefined) terminal.note(inFlags(firstReject));
    return { out, tokens, rows, captions, rejected };
  },
};

/** What was read of the captions. */
interface Read {
  rows: number;
  captions: number;
  rejected: number;
  firstReject?: string;
}

/** The captions of one split, one after another, counted in `read`. @throws DataError where there is none */
async function* captionsOf(dataset: Dataset, split: string, read: Read): AsyncGenerator<string> {
  const splits = new Set<string>();
  for await (const row of dataset.rows()) {
    read.rows++;
    if ('error' in row) {
      read.rejected++;
      read.firstReject ??= row.error.message;
      continue;
    }
    splits.add(row.record.split);
    if (row.record.split !== split) continue;
    read.captions += row.record.captions.length;
    yield* row.record.captions;
  }
  if (read.captions > 0) return;
  const near = nearestName(split, splits);
  throw new DataError(`no record belongs to the split "${split}"`, {
    where: dataset.name,
    expected: `one of ${[...splits].join(', ')}`,
    got: read.firstReject,
    advice: near === undefined ? 'Name it: --split NAME.' : `Did you mean --split ${near}?`,
  });
}
