import { join } from 'node:path';
import {
  ConfigError,
  disposeParams,
  initialShapes,
  mergeParams,
  withPrefix,
  type Key,
} from '@crossweave/core';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import { loadTokenizer } from '@crossweave/data';
import { createFusion } from '@crossweave/fusion';
import { createImageEncoder } from '@crossweave/image-encoder';
import { createTextEncoder } from '@crossweave/text-encoder';
import type { Pretrained, PretrainedOptions } from '../pretrained/types';
import { readDescription, tokenizerFolder, weightsFile } from './format';

/**
 * A model of ours, as `saveModel` wrote it.
 *
 * @throws FileFormatError when a file is damaged; StateDictError when the weights are not the model's;
 *   ConfigError for an option that asks for another model than it is.
 */
export async function loadSaved(
  name: string,
  folder: string,
  options: PretrainedOptions,
): Promise<Pretrained> {
  const description = await readDescription(folder);
  const { image, text, fusion, preprocessing, maxTokens, notes = [] } = description;
  const other = (['imageSize', 'maxTokens', 'preprocessing', 'tokenizer'] as const).find(
    (option) => options[option] !== undefined,
  );
  if (other !== undefined) {
    throw new ConfigError(`"${other}" cannot be changed in a model of crossweave`, {
      where: name,
      advice: 'It is read as it was trained. Train another one on top of it to change that.',
    });
  }
  const tokenizerPath = join(folder, tokenizerFolder);
  const tokenizer = await loadTokenizer(tokenizerPath);
  const imageEncoder = createImageEncoder(image.name, image.options);
  const textEncoder = createTextEncoder(text.name, text.options, { tokenizer, maxTokens });
  const joined = createFusion(fusion.name, fusion.options);
  const init = (key: Key): ReturnType<typeof mergeParams> =>
    mergeParams(
      withPrefix('image.', imageEncoder.init(key)),
      withPrefix('text.', textEncoder.init(key)),
      withPrefix('fusion.', joined.init(key, imageEncoder.features, textEncoder.features)),
    );
  const expected = initialShapes({ init });
  const { params } = await loadCheckpoint(join(folder, weightsFile), { expected });
  return {
    name,
    family: 'crossweave',
    image: { part: image, encoder: imageEncoder, preprocessing },
    text: {
      ...{ part: text, encoder: textEncoder, tokenizer, tokenizerFolder: tokenizerPath, maxTokens },
    },
    fusion: { part: fusion, fusion: joined },
    params,
    notes,
    [Symbol.dispose]: () => disposeParams(params),
  };
}
