import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DataError } from '@crossweave/core';
import {
  captionsFingerprint,
  describeReport,
  loadTokenizer,
  makeVocabulary,
  openPairs,
  vocabularySource,
  vocabularyTokenizer,
  writeVocabulary,
  type LoadReport,
  type OpenedPairs,
  type PairDataset,
  type TokenisedPairs,
  type Tokenizer,
} from '@crossweave/data';
import type { Progress, Terminal } from '../terminal';
import { inFlags } from './data-flags';
import { normalisations } from './normalisations';
import type { DataConfig } from './schema';

/** What a command has of its data before a picture is decoded. */
export interface CheckedData {
  readonly pairs: TokenisedPairs;
  /** Absolute path of the captions file or folder, or the address of shards. */
  readonly captionsFile: string;
  /** Over the splits and their captions in order. */
  readonly captionsFingerprint: string;
  /** Decodes the pictures and says what was damaged. */
  readonly decode: () => Promise<PairDataset>;
  /** Keeps a tokenizer that was made of the training captions, so that `eval` finds it. */
  readonly keepTokenizer: () => Promise<void>;
}

export interface OpenDataOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Folder of the run, for the tokenizer that was made for it. */
  readonly folder: string;
  /** Called with the fingerprint as soon as the captions are read. */
  readonly onCaptions?: (fingerprint: string) => Promise<void>;
}

/** Where the tokenizer lies that was made of a run's training captions. */
export const ownTokenizer = (folder: string): string => join(folder, 'tokenizer');

/**
 * Reads the captions that a config names and makes or loads their tokenizer. Nothing is written and
 * no picture decoded: what a config gets wrong is said before that.
 */
export async function openData(
  config: DataConfig,
  { terminal, signal, folder, onCaptions }: OpenDataOptions,
): Promise<CheckedData> {
  const opened = await readPairs(config, terminal, signal);
  const fingerprint = fingerprintOf(opened);
  await onCaptions?.(fingerprint);
  if (config.stream !== undefined) {
    terminal.note(
      `The stream alone is trained on. Pictures that are in it and in ${config.captions} are not looked for.`,
    );
  }
  const { tokenizer, keep } =
    config.tokenizer === undefined
      ? await makeTokenizer(opened.captions(config.train), ownTokenizer(folder))
      : { tokenizer: await loadTokenizer(config.tokenizer), keep: () => Promise.resolve() };
  return checked(
    config,
    opened,
    fingerprint,
    await opened.withTokenizer(tokenizer),
    keep,
    terminal,
  );
}

export interface OpenDataWithOptions extends Pick<OpenDataOptions, 'terminal' | 'signal'> {
  /** Whether records may lack their picture or their text. Default `refuse`. */
  readonly incomplete?: 'refuse' | 'allow';
}

/** As {@link openData}, with the tokenizer that a run was trained with. */
export async function openDataWith(
  tokenizerFolder: string,
  config: DataConfig,
  { terminal, signal, incomplete }: OpenDataWithOptions,
): Promise<CheckedData> {
  const opened = await readPairs(config, terminal, signal, incomplete);
  const pairs = await opened.withTokenizer(await loadTokenizer(tokenizerFolder));
  const keep = (): Promise<void> => Promise.resolve();
  return checked(config, opened, fingerprintOf(opened), pairs, keep, terminal);
}

/** What a report of the data says, for `run.json` and `--json`. */
export function summaryOf(report: LoadReport): object {
  const { rows, rejects, doubts, sharedPictures, splits } = report;
  const counts: Record<string, number> = {};
  for (const { reason } of rejects) counts[reason] = (counts[reason] ?? 0) + 1;
  return {
    rows,
    rejected: rejects.length,
    rejectedBy: counts,
    doubtful: doubts.length,
    sharedPictures: sharedPictures.reduce((sum, { pictures }) => sum + pictures, 0),
    splits,
  };
}

/** The bar of a stage whose length is known once it has begun. */
interface Watched extends OpenedPairs {
  readonly done: () => void;
}

/** Keys of `data` that are no options of `openPairs`. */
const ofTheCommand = [
  ...['featureStore', 'tokenizer', 'train', 'test', 'val', 'normalise', 'augment', 'stream'],
];

async function readPairs(
  config: DataConfig,
  terminal: Terminal,
  signal: AbortSignal,
  incomplete: 'refuse' | 'allow' = 'refuse',
): Promise<Watched> {
  const { captions, normalise, ...rest } = config;
  const watched: { bar?: Progress } = {};
  const given = Object.entries(rest).filter(([name]) => !ofTheCommand.includes(name));
  const opened = await openPairs({
    ...Object.fromEntries(given),
    captions: sourceOf(captions),
    // Beside a stream, what is held is there to be measured.
    ...(config.stream && { split: config.test }),
    ...(normalise !== undefined && {
      normalise: typeof normalise === 'string' ? normalisations[normalise] : normalise,
    }),
    incomplete,
    signal,
    onProgress: (done, total) => {
      watched.bar ??= terminal.progress('Reading pictures');
      watched.bar.update(done, total);
    },
  });
  return { ...opened, done: () => watched.bar?.done() };
}

/** Paths are relative to the working folder; addresses are as they are. */
export function sourceOf(captions: string): string {
  return /^https?:\/\//i.test(captions) ? captions : resolve(captions);
}

/** Says what is known of the data before a picture is decoded, and gives the step that decodes. */
function checked(
  config: DataConfig,
  opened: Watched,
  fingerprint: string,
  pairs: TokenisedPairs,
  keepTokenizer: () => Promise<void>,
  terminal: Terminal,
): CheckedData {
  terminal.note(inFlags(describeReport(pairs.report)));
  if (config.stream === undefined && config.train === config.test) {
    terminal.note(`What is measured on "${config.test}" is what the model is trained on.`);
  }
  return {
    pairs,
    captionsFile: sourceOf(config.captions),
    captionsFingerprint: fingerprint,
    keepTokenizer,
    decode: async () => {
      const data = await pairs.decode();
      opened.done();
      if (findings(data.report) > findings(pairs.report))
        terminal.note(inFlags(describeReport(data.report)));
      return data;
    },
  };
}

/** How much a report has to tell that decoding may add to. */
function findings({ rejects, sharedPictures, splits }: LoadReport): number {
  const copied = Object.values(splits).filter(({ copies }) => copies !== undefined);
  return rejects.length + sharedPictures.length + copied.length;
}

function fingerprintOf(opened: OpenedPairs): string {
  const names = Object.keys(opened.splits);
  return captionsFingerprint(names.flatMap((name) => [name, ...opened.captions(name)]));
}

/**
 * A tokenizer of the words of captions.
 *
 * @throws DataError when the folder holds one that was made of other captions: what is trained
 *   with it would take most words for unknown.
 */
async function makeTokenizer(
  captions: readonly string[],
  folder: string,
): Promise<{ tokenizer: Tokenizer; keep: () => Promise<void> }> {
  const vocabulary = makeVocabulary(captions);
  if (existsSync(folder)) {
    const source = await vocabularySource(folder);
    if (source !== vocabulary.madeOf) {
      throw new DataError('the folder holds a tokenizer that was not made of these captions', {
        where: folder,
        expected: `one of the captions ${vocabulary.madeOf}`,
        got: source ?? 'one that does not say what it was made of',
        advice: `Choose another --out, remove ${folder}, or name it as data.tokenizer if it is the one to use.`,
      });
    }
  }
  return {
    tokenizer: vocabularyTokenizer(vocabulary),
    keep: async () => {
      if (!existsSync(join(folder, 'tokenizer.json'))) await writeVocabulary(vocabulary, folder);
    },
  };
}
