import { ConfigError } from '@crossweave/core';
import type { JsonObject, ModelFiles } from '../model-files';
import type { Description, TextDescription } from './description';

/** What sentence-transformers makes of a text model, by the files that it writes beside the weights. */
export interface Sentences {
  /** Options of the encoder. */
  readonly options: JsonObject;
  readonly text: Pick<TextDescription, 'cutAt' | 'lowercase'>;
  readonly notes: NonNullable<Description['notes']>;
}

const poolings = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_max_tokens: 'max',
} as const;

/** Kinds of models by whose name the file of the first step was called. */
const kinds = ['bert', 'roberta', 'distilbert', 'camembert', 'xlm-roberta'];

/**
 * Of `modules.json` and the files that it stands for; nothing where there is none.
 *
 * @throws ConfigError for a step that has no counterpart here.
 */
export async function sentencesIn(files: ModelFiles): Promise<Sentences> {
  const modules = (await files.json('modules.json'))?.['list'];
  if (!Array.isArray(modules)) return { options: {}, text: {}, notes: [] };
  const steps = modules.map((step: JsonObject) => String(step['type']).split('.').at(-1)!);
  const other = steps.find((step) => !['Transformer', 'Pooling', 'Normalize'].includes(step));
  if (other !== undefined) {
    throw new ConfigError('a step after the transformer is not supported', {
      where: `${files.folder}/modules.json`,
      expected: 'Transformer, Pooling, Normalize',
      got: other,
    });
  }
  return {
    options: { pooling: await poolingIn(files), normalize: steps.includes('Normalize') },
    text: await textIn(files),
    notes: await promptIn(files),
  };
}

async function poolingIn(files: ModelFiles): Promise<string> {
  const config = (await files.json('1_Pooling/config.json')) ?? {};
  const chosen = Object.keys(config).filter(
    (key) => key.startsWith('pooling_mode_') && config[key] === true,
  );
  const [mode] = chosen;
  if (chosen.length === 1 && Object.hasOwn(poolings, mode!)) {
    return poolings[mode as keyof typeof poolings];
  }
  throw new ConfigError('the pooling is not supported', {
    where: `${files.folder}/1_Pooling/config.json`,
    expected: `one of ${Object.keys(poolings).join(', ')}`,
    got: chosen.join(', '),
  });
}

async function textIn(files: ModelFiles): Promise<Sentences['text']> {
  for (const kind of kinds) {
    const name = `sentence_${kind}_config.json`;
    const config = await files.json(name);
    if (config === undefined) continue;
    const { max_seq_length: cutAt, do_lower_case: lowercase } = config;
    if (cutAt !== undefined && cutAt !== null && !(Number.isInteger(cutAt) && Number(cutAt) > 0)) {
      throw new ConfigError('"max_seq_length" is no number of tokens', {
        where: `${files.folder}/${name}`,
        got: cutAt,
      });
    }
    return {
      ...(typeof cutAt === 'number' && { cutAt }),
      ...(lowercase === true && { lowercase }),
    };
  }
  return {};
}

/** A text that the original puts before every text. Queries and documents may have others: so it is only told. */
async function promptIn(files: ModelFiles): Promise<Sentences['notes']> {
  const config = await files.json('config_sentence_transformers.json');
  const name = config?.['default_prompt_name'];
  const prompts = Object(config?.['prompts']) as JsonObject;
  const prompt = prompts[String(name)];
  if (typeof name !== 'string' || typeof prompt !== 'string' || prompt === '') return [];
  return [
    `sentence-transformers puts ${JSON.stringify(prompt)} before every text of this model. Put it before yours.`,
  ];
}
