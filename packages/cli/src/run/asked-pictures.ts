import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { listPictures } from '@crossweave/models';
import { requiredText, text, type Command, type OptionValues } from '../command';

/** Where the pairs are that a model is asked about; disposing takes away what was made for it. */
export interface AskedPairs extends AsyncDisposable {
  /** The captions file. */
  readonly captions: string;
  /** Whether it was made here, with the field names of a captions file. */
  readonly made: boolean;
}

/**
 * The pairs of `--captions`, or every picture below `--pictures` with the text of `--ask`, or without any.
 *
 * @throws ConfigError unless it is one of both.
 */
export async function askedOf(command: Command, values: OptionValues): Promise<AskedPairs> {
  const [pictures, asked] = [text(values, 'pictures'), text(values, 'ask')];
  if (pictures === undefined && asked === undefined) {
    const captions = resolve(requiredText(command, values, 'captions'));
    return { captions, made: false, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  if (pictures === undefined || values['captions'] !== undefined) {
    throw new ConfigError('the pairs are named in two ways, or in half of one', {
      where: `crossweave ${command.name}`,
      expected: '--captions FILE, or --pictures DIR with or without --ask TEXT',
      got: ['captions', 'pictures', 'ask'].filter((name) => values[name] !== undefined).join(', '),
    });
  }
  const root = resolve(pictures);
  const rows = (await listPictures(root)).map((path) =>
    JSON.stringify({ id: path, image: join(root, path), caption: asked ?? null }),
  );
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-asked-'));
  const captions = join(folder, 'captions.jsonl');
  await writeFile(captions, rows.join('\n'));
  return {
    captions,
    made: true,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
