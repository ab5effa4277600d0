import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import {
  buildVocabulary,
  describeRejects,
  loadPairs,
  readRows,
  type PairDataset,
} from '@crossweave/data';
import type { Terminal } from '../terminal';
import type { DataConfig } from './schema';

/**
 * Opens the pairs a config names. Without a tokenizer of its own, one is made from the training
 * captions and kept under `out`, where `eval` finds it again.
 */
export async function openData(
  config: DataConfig,
  out: string,
  terminal: Terminal,
): Promise<PairDataset> {
  const tokenizer = config.tokenizer ?? (await ownTokenizer(config, join(out, 'tokenizer')));
  const progress = terminal.progress('Reading pictures');
  const data = await loadPairs({
    captions: config.captions,
    tokenizer,
    imageSize: config.imageSize,
    maxTokens: config.maxTokens,
    onProgress: (done, total) => progress.update(done, total),
  });
  progress.done();
  if (data.report.rejects.length > 0) terminal.note(describeRejects(data.report));
  return data;
}

async function ownTokenizer(config: DataConfig, folder: string): Promise<string> {
  if (existsSync(join(folder, 'tokenizer.json'))) return folder;
  const rows = await readRows(config.captions);
  const captions = rows.flatMap((row) =>
    'record' in row && row.record.split === config.train ? row.record.captions : [],
  );
  if (captions.length === 0) {
    const splits = new Set(rows.flatMap((row) => ('record' in row ? [row.record.split] : [])));
    throw new DataError(`the split "${config.train}" has no captions`, {
      where: config.captions,
      expected: `one of ${[...splits].join(', ')}`,
      advice: 'Name the split to train on with data.train.',
    });
  }
  await buildVocabulary(captions, { out: folder });
  return folder;
}
