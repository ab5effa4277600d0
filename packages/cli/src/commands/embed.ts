import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { makeFolder } from '@crossweave/core/node';
import {
  listPictures,
  loadVectors,
  requireVectorFile,
  saveVectors,
  updatePictures,
  updateTexts,
  type UpdatedVectors,
  type VectorSet,
} from '@crossweave/models';
import { requiredText, text, type Command, type OptionValues } from '../command';
import { readLines } from '../use/read-lines';
import { tellOfTexts } from '../use/tell-of-texts';
import {
  modelOptions,
  openNamed,
  picturesOption,
  rejectsOf,
  tellOfRejects,
  withBar,
} from '../use/use-model';

export const embed: Command = {
  name: 'embed',
  summary: 'Writes the embeddings of pictures or texts, of unit length, to a file.',
  options: {
    ...modelOptions,
    images: picturesOption,
    texts: { type: 'string', value: 'FILE', summary: 'texts, one a line, instead of pictures' },
    out: { type: 'string', value: 'FILE', summary: 'ends in .safetensors, .parquet or .npy' },
    update: {
      type: 'boolean',
      summary: 'keep what the file holds; embed what is new or changed',
    },
    prune: {
      type: 'boolean',
      summary: 'with --update: remove rows whose picture or text is gone',
    },
  },
  example: 'crossweave embed --model runs/shoes --images pictures --out pictures.safetensors',
  async run(values, _positionals, session) {
    const { terminal, signal } = session;
    const { out, images, texts, update, prune } = asked(values);
    const lines = texts === undefined ? undefined : await readLines(texts);
    await using model = await openNamed(embed, values, session);
    let found = await stateOf(out);
    const before = update && found !== undefined ? await loadVectors(out) : undefined;
    if (lines !== undefined) tellOfTexts(lines, model, session);
    let saved: number | undefined;
    const checkpoint = async (set: VectorSet): Promise<void> => {
      await requireUntouched(out, found);
      await makeFolder(dirname(out));
      await saveVectors(out, set);
      found = await stateOf(out);
      saved = set.ids.length;
    };
    // Without --update the file stays as it was until all is there.
    const common = { prune, signal, ...(update && { checkpoint }) };
    const updated = await withBar(
      session,
      async (onProgress) => {
        if (lines !== undefined)
          return updateTexts(model, before, lines, { ...common, onProgress });
        const folder = resolve(images!);
        const paths = await listPictures(folder);
        return updatePictures(model, before, paths, { ...common, folder, onProgress });
      },
      lines === undefined ? 'pictures' : 'texts',
      () => stoppedWith(out, update, saved),
    );
    tellOfRejects(updated, session);
    const { set, kept, added, changed, gone } = updated;
    const isAsBefore =
      before !== undefined && added + changed === 0 && set.ids.length === before.ids.length;
    if (update && !isAsBefore) await requireUntouched(out, found);
    if (!isAsBefore) await makeFolder(dirname(out));
    const files = isAsBefore ? [] : await saveVectors(out, set);
    const { rows, dim } = set.embeddings;
    const counts = before === undefined ? '' : ` (${countsOf(updated, prune)})`;
    const place = isAsBefore ? `${out} stays as it is` : files.join(', ');
    terminal.line(`${rows} vectors of width ${dim}${counts}: ${place}`);
    return {
      ...{ schema: 1, rows, dim, files, model: set.model },
      ...{ kept, added, changed, gone, rejected: rejectsOf(updated) },
    };
  },
};

/** The flags that are no model's. @throws ConfigError for those that do not go together. */
function asked(values: OptionValues): {
  out: string;
  images: string | undefined;
  texts: string | undefined;
  update: boolean;
  prune: boolean;
} {
  const where = 'crossweave embed';
  const out = resolve(requiredText(embed, values, 'out'));
  requireVectorFile(out);
  const [images, texts] = [text(values, 'images'), text(values, 'texts')];
  if ((images === undefined) === (texts === undefined)) {
    throw new ConfigError('give either --images DIR or --texts FILE', {
      where,
      advice: `For example: ${embed.example}`,
    });
  }
  const [update, prune] = [values['update'] === true, values['prune'] === true];
  if (prune && !update) {
    throw new ConfigError('--prune goes with --update', {
      where,
      advice: 'Without --update the file is written anew.',
    });
  }
  if (update && out.endsWith('.npy')) {
    throw new ConfigError('--update needs a file that says what made its vectors', {
      where: out,
      expected: 'a name that ends in .safetensors or .parquet',
    });
  }
  return { out, images, texts, update, prune };
}

/** The last message where a signal has stopped the command. @param saved rows of the file, if it was written. */
function stoppedWith(out: string, update: boolean, saved: number | undefined): string {
  if (saved !== undefined) {
    return `Stopped; ${out} holds ${saved} vectors, with those that were done. The same command goes on.`;
  }
  return update
    ? 'Stopped; nothing was written.'
    : 'Stopped; nothing was written. With --update, what is done is kept.';
}

function countsOf({ kept, added, changed, gone }: UpdatedVectors, prune: boolean): string {
  const rest = gone === 0 || prune ? '' : ', which stay without --prune';
  return `${kept} kept, ${added} added, ${changed} changed, ${gone} gone${rest}`;
}

/** Another one whenever the file is replaced; undefined without a file. */
async function stateOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs].join(' ');
}

/** @throws DataError when somebody else wrote the file meanwhile, whose rows would be lost. */
async function requireUntouched(path: string, found: string | undefined): Promise<void> {
  if ((await stateOf(path)) === found) return;
  throw new DataError('the file has changed since it was read', {
    where: path,
    advice: 'Another command writes to it. Nothing was written; run this one again.',
  });
}
