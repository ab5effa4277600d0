import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@crossweave/core';
import { fields, text } from '@crossweave/core/authoring';
import { writeFileAtomic } from '@crossweave/core/node';
import { fingerprintTokenizer, readTokenizerFiles } from './files';

/** Beside a tokenizer that was made of captions. */
const sourceFile = 'crossweave.json';

/** What a vocabulary was made of, and the tokenizer that it became. */
interface Source {
  /** {@link captionsFingerprint} of the captions. */
  readonly captions: string;
  /** Fingerprint of the tokenizer's files: a tokenizer put in their place has another source. */
  readonly tokenizer: string;
}

const sourceCheck = fields(
  { vocabulary: fields({ captions: text(), tokenizer: text() }, ['captions', 'tokenizer']) },
  ['vocabulary'],
);

/** SHA-256 over captions in their order, as `sha256:…`. */
export function captionsFingerprint(captions: Iterable<string>): string {
  const hash = captionsHash();
  for (const caption of captions) hash.add(caption);
  return hash.digest();
}

/** {@link captionsFingerprint} of captions that come one after another. */
export function captionsHash(): { add(caption: string): void; digest(): string } {
  const hash = createHash('sha256');
  return {
    add: (caption) => {
      hash.update(`${JSON.stringify(caption)}\n`);
    },
    digest: () => `sha256:${hash.digest('hex')}`,
  };
}

/**
 * The {@link captionsFingerprint} of the captions of which the tokenizer in a folder was made. A
 * tokenizer fits other captions badly: their words are unknown to it.
 *
 * @returns undefined for a tokenizer that was not made of captions here
 * @throws DataError when the folder holds no tokenizer, or the record beside it is damaged
 */
export async function vocabularySource(folder: string): Promise<string | undefined> {
  const tokenizer = fingerprintTokenizer(await readTokenizerFiles(folder));
  const source = await readSource(join(folder, sourceFile));
  return source?.tokenizer === tokenizer ? source.captions : undefined;
}

export async function writeSource(folder: string, vocabulary: Source): Promise<void> {
  await writeFileAtomic(join(folder, sourceFile), `${JSON.stringify({ vocabulary }, null, 2)}\n`);
}

async function readSource(file: string): Promise<Source | undefined> {
  const damaged = (got: string, cause?: unknown): DataError =>
    new DataError('the record of what a vocabulary was made of is damaged', {
      where: file,
      expected: sourceCheck.expected,
      got,
      advice: 'Make the vocabulary anew, or remove the file if the tokenizer is from elsewhere.',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (!sourceCheck.accepts(value)) throw damaged('other contents');
  return (value as { vocabulary: Source }).vocabulary;
}
