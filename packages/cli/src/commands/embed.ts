import { dirname, resolve } from 'node:path';
import { ConfigError } from '@crossweave/core';
import { makeFolder } from '@crossweave/core/node';
import { requireVectorFile, saveVectors, type VectorSet } from '@crossweave/models';
import { requiredText, text, type Command } from '../command';
import { readLines } from '../use/read-lines';
import { tellOfTexts } from '../use/tell-of-texts';
import { modelOptions, openNamed, picturesOf, picturesOption, rejectsOf } from '../use/use-model';

export const embed: Command = {
  name: 'embed',
  summary: 'Writes the embeddings of pictures or texts, of unit length, to a file.',
  options: {
    ...modelOptions,
    images: picturesOption,
    texts: { type: 'string', value: 'FILE', summary: 'texts, one a line, instead of pictures' },
    out: { type: 'string', value: 'FILE', summary: 'ends in .safetensors, .parquet or .npy' },
  },
  example: 'crossweave embed --model runs/shoes --images pictures --out pictures.safetensors',
  async run(values, _positionals, session) {
    const out = resolve(requiredText(embed, values, 'out'));
    requireVectorFile(out);
    const [images, texts] = [text(values, 'images'), text(values, 'texts')];
    if ((images === undefined) === (texts === undefined)) {
      throw new ConfigError('give either --images DIR or --texts FILE', {
        where: 'crossweave embed',
        advice: `For example: ${embed.example}`,
      });
    }
    const lines = texts === undefined ? undefined : await readLines(texts);
    await using model = await openNamed(embed, values, session);
    if (lines !== undefined) tellOfTexts(lines, model, session);
    const pictures = images === undefined ? undefined : await picturesOf(model, images, session);
    const set: VectorSet = {
      ids: pictures?.paths ?? lines!,
      embeddings: pictures?.embeddings ?? (await model.encodeText(lines!)),
      model: await model.fingerprint(),
    };
    await makeFolder(dirname(out));
    const files = await saveVectors(out, set);
    const { rows, dim } = set.embeddings;
    session.terminal.line(`${rows} vectors of width ${dim}: ${files.join(', ')}`);
    const rejected = pictures === undefined ? [] : rejectsOf(pictures);
    return { schema: 1, rows, dim, files, model: set.model, rejected };
  },
};
