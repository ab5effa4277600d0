import { resolve } from 'node:path';
import { ConfigError, DataError } from '@crossweave/core';
import { readBytes } from '@crossweave/core/node';
import {
  joinEmbeddings,
  loadVectors,
  nearest,
  rowOf,
  type Embeddings,
  type OpenModel,
  type VectorSet,
} from '@crossweave/models';
import {
  text,
  texts,
  wholeNumber,
  type Command,
  type OptionValues,
  type Session,
} from '../command';
import { readLines } from '../use/read-lines';
import { tellOfTexts } from '../use/tell-of-texts';
import { modelOptions, openNamed, picturesOf, picturesOption } from '../use/use-model';

export const search: Command = {
  name: 'search',
  summary: 'Finds the pictures or texts that are nearest to a text or a picture.',
  positionals: '["TEXT"]',
  options: {
    ...modelOptions,
    image: { type: 'string', value: 'FILE', summary: 'seek by a picture instead of a text' },
    images: { ...picturesOption, summary: 'pictures to look through' },
    texts: { type: 'string', value: 'FILE', summary: 'texts to look through, one a line' },
    vectors: {
      type: 'string',
      value: 'FILE',
      summary: 'what crossweave embed wrote, to look through',
    },
    only: {
      type: 'string',
      value: 'TEXT',
      summary: 'look only at items whose path or text contains it; of several, one is enough',
      multiple: true,
    },
    without: {
      type: 'string',
      value: 'TEXT',
      summary: 'leave out items whose path or text contains it; may be repeated',
      multiple: true,
    },
    top: { type: 'string', value: 'N', summary: 'how many to show', default: '10' },
  },
  example: 'crossweave search "a red shoe" --model runs/shoes --images pictures',
  async run(values, positionals, session) {
    const top = wholeNumber(values, 'top', 1);
    const query = queryOf(values, positionals);
    requireOneSource(values);
    await using model = await openNamed(search, values, session);
    if ('text' in query) tellOfTexts([query.text], model, session);
    const items = filtered(await itemsOf(model, values, session), values);
    const [found = []] = await nearest(await embedded(model, query), items.embeddings, { top });
    const results = found.map(({ row, score }) => ({ id: items.ids[row]!, score }));
    for (const { id, score } of results) session.terminal.line(`${score.toFixed(4)}  ${id}`);
    return { schema: 1, query, among: items.ids.length, results };
  },
};

type Query = { readonly text: string } | { readonly image: string };

function queryOf(values: OptionValues, [first, ...rest]: readonly string[]): Query {
  const image = text(values, 'image');
  if (rest.length > 0 || (first === undefined) === (image === undefined)) {
    throw new ConfigError('give one text, or --image FILE', {
      where: 'crossweave search',
      got: [first, ...rest].filter((word) => word !== undefined).join(' | '),
      advice: `A text of several words stands in quotes: ${search.example}`,
    });
  }
  return image === undefined ? { text: first! } : { image: resolve(image) };
}

async function embedded(model: OpenModel, query: Query): Promise<Embeddings> {
  if ('text' in query) return model.encodeText([query.text]);
  const bytes = await readBytes(query.image);
  return model.encodeImage([{ name: query.image, bytes }]);
}

const sources = ['images', 'texts', 'vectors'] as const;

function requireOneSource(values: OptionValues): void {
  const given = sources.filter((name) => text(values, name) !== undefined);
  if (given.length === 1) return;
  throw new ConfigError('give one of --images, --texts and --vectors to look through', {
    where: 'crossweave search',
    got: given.map((name) => `--${name}`).join(' '),
  });
}

type Items = Pick<VectorSet, 'ids' | 'embeddings'>;

/** @throws ConfigError when no item is left. */
function filtered(items: Items, values: OptionValues): Items {
  const [only, without] = [texts(values, 'only'), texts(values, 'without')];
  if (only.length + without.length === 0) return items;
  const { ids, embeddings } = items;
  const rows = ids.flatMap((id, row) => {
    const wanted = only.length === 0 || only.some((part) => id.includes(part));
    return wanted && !without.some((part) => id.includes(part)) ? [row] : [];
  });
  if (rows.length === 0) {
    throw new ConfigError('--only and --without leave nothing to look through', {
      where: 'crossweave search',
      got: `0 of ${ids.length} items`,
      advice: 'They compare letter by letter, with the path below the folder or the text.',
    });
  }
  const chosen = rows.map((row) => ({ ...embeddings, rows: 1, values: rowOf(embeddings, row) }));
  return { ids: rows.map((row) => ids[row]!), embeddings: joinEmbeddings(chosen, embeddings.dim) };
}

async function itemsOf(model: OpenModel, values: OptionValues, session: Session): Promise<Items> {
  const [images, file] = [text(values, 'images'), text(values, 'texts')];
  if (images !== undefined) {
    const { paths, embeddings } = await picturesOf(model, images, session);
    return { ids: paths, embeddings };
  }
  if (file !== undefined) {
    const ids = await readLines(file);
    tellOfTexts(ids, model, session);
    return { ids, embeddings: await model.encodeText(ids) };
  }
  const vectors = text(values, 'vectors')!;
  const set = await loadVectors(vectors);
  const own = await model.fingerprint();
  if (set.model === own) return set;
  throw new DataError('the vectors were made by another model', {
    where: vectors,
    expected: `the model ${own}`,
    got: set.model,
    advice: 'Vectors of two models do not compare: embed the items again with this one.',
  });
}
