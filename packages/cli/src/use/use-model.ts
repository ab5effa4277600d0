import { resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import {
  embedPictures,
  listPictures,
  openModel,
  type EmbeddedPictures,
  type OpenModel,
} from '@crossweave/models';
import {
  requiredText,
  type Command,
  type OptionSpec,
  type OptionValues,
  type Session,
} from '../command';
import { engineOptions } from '../config/read-config';
import { chooseEngine } from '../environment';
import { Interrupted } from '../interrupted';

/** The flags of commands that use a model. */
export const modelOptions: Readonly<Record<string, OptionSpec>> = {
  model: {
    type: 'string',
    value: 'FROM',
    summary: 'folder of a run, of a checkpoint, or a hub id in a cache',
  },
  download: { type: 'boolean', summary: 'fetch a hub’s model that is not on this machine' },
  ...engineOptions,
};

export const picturesOption: OptionSpec = {
  type: 'string',
  value: 'DIR',
  summary: 'folder of pictures, with those below it',
};

/**
 * The model that `--model` names, on the engine of `--engine`; the caller disposes it.
 *
 * @throws ConfigError for an export in another precision than float32: the engine does not compute it.
 */
export async function openNamed(
  command: Command,
  values: OptionValues,
  session: Session,
): Promise<OpenModel> {
  const from = requiredText(command, values, 'model');
  const { precision } = await chooseEngine(values, session);
  const model = await openModel(from, { download: values['download'] === true });
  if (model.frozen !== undefined && precision !== 'float32') {
    await model[Symbol.asyncDispose]();
    throw new ConfigError('an export is computed in the numbers of its files', {
      where: from,
      expected: '--precision float32',
      got: precision,
      advice: 'Leave --precision out, or name the model that the export was made of.',
    });
  }
  for (const note of model.notes) session.terminal.note(note);
  return model;
}

/** Embeddings of the pictures of a folder, with a bar; what is damaged is told. */
export async function picturesOf(
  model: OpenModel,
  folder: string,
  session: Session,
): Promise<EmbeddedPictures> {
  const paths = await listPictures(resolve(folder));
  const embedded = await withBar(session, (onProgress) =>
    embedPictures(model, paths, { folder: resolve(folder), signal: session.signal, onProgress }),
  );
  tellOfRejects(embedded, session);
  return embedded;
}

/**
 * What `run` gives, with a bar of the items that are done.
 *
 * @param what names what is encoded, for the bar: pictures, texts.
 * @param stopped makes the command's last message where a signal has stopped it.
 * @throws Interrupted by a signal.
 */
export async function withBar<T>(
  { terminal, signal }: Session,
  run: (onProgress: (done: number, total: number) => void) => Promise<T>,
  what = 'pictures',
  stopped = (): string => 'Stopped; nothing was written.',
): Promise<T> {
  const bar = terminal.progress(`Encoding ${what}`);
  try {
    const result = await run((done, total) => {
      bar.update(done, total);
    });
    bar.done();
    return result;
  } catch (error) {
    if (signal.aborted) throw new Interrupted(stopped());
    throw error;
  }
}

type Rejects = Pick<EmbeddedPictures, 'rejects'>;

/** Says which pictures were left out, and why. */
export function tellOfRejects({ rejects }: Rejects, { terminal }: Session): void {
  for (const { error } of rejects.slice(0, 5)) terminal.note(`Left out: ${error.summary}`);
  if (rejects.length > 5) terminal.note(`Left out: ${rejects.length - 5} more.`);
}

/** What was left out, for `--json`. */
export function rejectsOf({ rejects }: Rejects): object[] {
  return rejects.map(({ path, error }) => ({ path, reason: error.summary }));
}
