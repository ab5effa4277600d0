import { join } from 'node:path';
import { readJson, writeFileAtomic, writeJsonAtomic } from '@crossweave/core/node';
import type { Preprocessing } from '@crossweave/data';
import type { OpenModel } from '@crossweave/models';
import { describeInt8 } from './describe-int8';
import type { Int8Figures } from './int8-towers';

/** Pillow's numbers of the filters. */
const resample = { lanczos: 1, bilinear: 2, bicubic: 3 } as const;

/**
 * What lies beside the ONNX files so that `@huggingface/transformers` finds its way: `config.json`,
 * the tokenizer, `preprocessor_config.json`, and a card for people.
 *
 * @param int8 what files in int8 cost, for the card. @returns the files written.
 */
export async function writeCompanions(
  folder: string,
  model: OpenModel,
  int8?: Int8Figures,
): Promise<string[]> {
  const { text, image, fusion } = model.parts!;
  const { preprocessing } = image!;
  const { maxTokens, tokenizerFolder } = text!;
  const at = (file: string): string => join(folder, file);
  const ofTokenizer = async (file: string): Promise<object> =>
    (await readJson(join(tokenizerFolder, file))) as object;
  await writeJsonAtomic(at('tokenizer.json'), {
    ...(await ofTokenizer('tokenizer.json')),
    // Read by the library tokenizers; transformers reads the other file, transformers.js neither.
    truncation: { direction: 'Right', max_length: maxTokens, strategy: 'LongestFirst', stride: 0 },
  });
  await writeJsonAtomic(at('tokenizer_config.json'), {
    ...(await ofTokenizer('tokenizer_config.json')),
    ...{ model_max_length: maxTokens, truncation_side: 'right' },
  });
  await writeJsonAtomic(at('preprocessor_config.json'), processorOf(preprocessing));
  await writeJsonAtomic(at('config.json'), {
    model_type: 'clip',
    architectures: ['CLIPModel'],
    projection_dim: model.dim,
    crossweave: {
      ...{ image: image!.part, text: text!.part, fusion: fusion!.part },
      ...{ logits: model.logits, preprocessing, maxTokens, padding: 'max_length' },
    },
  });
  await writeFileAtomic(
    at('README.md'),
    `${cardOf(model)}${int8 === undefined ? '' : cardOfInt8(int8)}`,
  );
  return [
    ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json'],
    'README.md',
  ];
}

function processorOf({ size, resize, resizeTo, filter, normalise }: Preprocessing): object {
  const squash = resize === 'squash';
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: squash ? { height: resizeTo, width: resizeTo } : { shortest_edge: resizeTo },
    resample: resample[filter],
    do_center_crop: !squash || resizeTo !== size,
    crop_size: { height: size, width: size },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: normalise.mean,
    image_std: normalise.std,
  };
}

function cardOf({ name, dim, logits, maxTokens = 0, preprocessing, tokenizer }: OpenModel): string {
  const ends = tokenizer?.suffix.length ?? 0;
  const scores =
    logits === undefined
      ? 'The product of two embeddings is their cosine.'
      : `The product of two embeddings is their cosine c; the logit of a pair is ${logits.scale}·c + ${logits.bias}.`;
  return `# Image and text embeddings

Made from ${name.split(/[\\/]/).at(-1)} by crossweave. Both towers give vectors of unit length and width ${dim}.
${scores}

\`\`\`js
import {
  AutoProcessor, AutoTokenizer, CLIPTextModelWithProjection, CLIPVisionModelWithProjection, RawImage,
} from '@huggingface/transformers';

const from = './this-folder'; // with env.localModelPath, or uploaded to a hub
const options = { dtype: 'fp32' };
const tokenizer = await AutoTokenizer.from_pretrained(from);
const processor = await AutoProcessor.from_pretrained(from);
const textModel = await CLIPTextModelWithProjection.from_pretrained(from, options);
const imageModel = await CLIPVisionModelWithProjection.from_pretrained(from, options);

const texts = tokenizer(['a photo'], { padding: 'max_length', max_length: ${maxTokens}, truncation: true });
const { text_embeds } = await textModel(texts);
const { image_embeds } = await imageModel(await processor(await RawImage.read('photo.jpg')));
\`\`\`

Texts are always padded to ${maxTokens} tokens. Longer ones are cut there: the model reads their first ${maxTokens - ends} tokens and the end. Pictures are of ${preprocessing?.size}×${preprocessing?.size} pixels.
`;
}

const cardOfInt8 = (figures: Int8Figures): string => `
## int8

\`onnx/vision_model_quantized.onnx\` and \`onnx/text_model_quantized.onnx\` hold the same towers with weights in 8 bits: \`{ dtype: 'q8' }\` loads them. Vectors of the two forms differ; use one form for everything that is compared. The ranges of convolutions come from ${figures.calibratedBy} images of the training split.

${describeInt8(figures)
  .map((line) => `- ${line}`)
  .join('\n')}
`;
