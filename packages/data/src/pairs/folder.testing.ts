import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Tokenizer } from '../text/tokenizer';

/** A folder of real files for a test, removed by `remove`. */
export interface TestFolder {
  readonly path: string;
  /** Writes a picture of one colour, value `level` in all channels. */
  picture(name: string, level: number): Promise<void>;
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Writes `captions.jsonl`, one object a line, and gives its path. */
  captions(rows: readonly object[]): Promise<string>;
  remove(): Promise<void>;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'crossweave-pairs-'));
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(path, name), content);
    return join(path, name);
  };
  return {
    path,
    write,
    async picture(name, level) {
      const background = { r: level, g: level, b: level };
      const image = sharp({ create: { width: 4, height: 4, channels: 3, background } });
      await image.png().toFile(join(path, name));
    },
    captions: (rows) => write('captions.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')),
    remove: () => rm(path, { recursive: true }),
  };
}

/** One token a letter, `a` = 3, between 1 and 2; 0 pads. */
export const letters: Tokenizer = {
  name: 'letters',
  fingerprint: 'letters',
  vocabularySize: 29,
  padId: 0,
  prefix: [1],
  suffix: [2],
  encode: (text) =>
    Array.from(text, (letter) => letter.charCodeAt(0) - 94).filter((id) => id >= 3 && id < 29),
};
