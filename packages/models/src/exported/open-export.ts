import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { dispose } from '@tensorflow/tfjs-core';
import { ConfigError, type Features, type FrozenEncoder, type TextInput } from '@crossweave/core';
import { encodeTexts, loadTokenizer } from '@crossweave/data';
import { onnxImageEncoder } from '@crossweave/image-encoder/onnx';
import { onnxTextEncoder } from '@crossweave/text-encoder/onnx';
import { checksumOf } from '@crossweave/trainer/node';
import { inBatches } from '../open/in-batches';
import type { ModelIdentity } from '../open/identity';
import type { OpenModel } from '../open/open-model';
import { requireTexts } from '../open/require-texts';
import { preparePictures, type PictureFile } from '../pictures/prepare-pictures';
import { requireNormalised } from '../pictures/require-normalised';
import type { PretrainedOptions } from '../pretrained/types';
import { joinEmbeddings, requireFinite, rowOf, type Embeddings } from '../vectors/embeddings';
import { exportedTowers, type ExportDescription } from './export-files';

/**
 * Opens what `crossweave export` wrote: a transformers library runs the towers as the files hold them.
 *
 * @throws ConfigError when no such library is installed, or for an option that asks for another model;
 *   FileFormatError, DataError or EngineError when the folder is damaged.
 */
export async function openExport(
  folder: string,
  { dim, preprocessing, maxTokens, logits }: ExportDescription,
  options: PretrainedOptions,
): Promise<OpenModel> {
  const other = (['imageSize', 'maxTokens', 'preprocessing', 'tokenizer'] as const).find(
    (option) => options[option] !== undefined,
  );
  if (other !== undefined) {
    throw new ConfigError(`"${other}" cannot be changed in an export`, {
      where: folder,
      advice: 'Export the model again with it.',
    });
  }
  const tokenizer = await loadTokenizer(folder);
  const frozen = await openTowers(folder, maxTokens);
  const preprocess = (files: readonly PictureFile[]): Promise<Tensor4D> =>
    preparePictures(files, preprocessing);
  const encodeImage = async (pictures: readonly PictureFile[] | Tensor4D): Promise<Embeddings> => {
    if (!Array.isArray(pictures)) {
      await requireNormalised(folder, pictures as Tensor4D, preprocessing);
      return embedded(folder, frozen.image, pictures as Tensor4D);
    }
    const all = await inBatches(pictures as readonly PictureFile[], async (files) => {
      const batch = await preprocess(files);
      return embedded(folder, frozen.image, batch).finally(() => {
        batch.dispose();
      });
    });
    return joinEmbeddings(all, dim);
  };
  const encodeText = async (texts: readonly string[]): Promise<Embeddings> => {
    requireTexts('encodeText', texts);
    const all = await inBatches(texts, async (some) => {
      const batch = encodeTexts(some, tokenizer, maxTokens);
      return embedded(folder, frozen.text, batch).finally(() => {
        dispose({ ...batch });
      });
    });
    return joinEmbeddings(all, dim);
  };
  const identity: ModelIdentity = {
    weights: checksumOf([frozen.image.fingerprint, frozen.text.fingerprint]),
    image: { preprocessing },
    text: { tokenizer: tokenizer.fingerprint, maxTokens },
  };
  return {
    ...{ name: folder, family: 'export', dim, preprocessing, tokenizer, maxTokens, logits },
    ...{ tokenizerFolder: folder, notes: [], parts: undefined, frozen },
    task: undefined,
    predict: () =>
      Promise.reject(
        new ConfigError('an export has no task: it holds the towers alone', {
          where: folder,
          expected: 'the run that it was made of',
        }),
      ),
    ...{ preprocess, encodeImage, encodeText },
    score: async (pictures, texts) => {
      const { scale, bias } = logits ?? { scale: 1, bias: 0 };
      const [images, columns] = [await encodeImage(pictures), await encodeText(texts)];
      return pictures.map((_, i) =>
        texts.map((_text, j) => {
          const text = rowOf(columns, j);
          return scale * rowOf(images, i).reduce((sum, v, at) => sum + v * text[at]!, 0) + bias;
        }),
      );
    },
    identity: () => Promise.resolve(identity),
    fingerprint: () => Promise.resolve(checksumOf(identity)),
    [Symbol.asyncDispose]: async () => {
      await frozen.image[Symbol.asyncDispose]();
      await frozen.text[Symbol.asyncDispose]();
    },
  };
}

/** The towers of an export, which another runtime computes: from pictures and ids to embeddings. */
export interface FrozenTowers {
  readonly image: FrozenEncoder<Tensor4D>;
  readonly text: FrozenEncoder<TextInput>;
}

async function openTowers(folder: string, maxTokens: number): Promise<FrozenTowers> {
  const image = await onnxImageEncoder(folder, {
    ...{ modelClass: 'CLIPVisionModelWithProjection', file: exportedTowers.image },
    pooling: { output: 'image_embeds' },
  });
  try {
    const text = await onnxTextEncoder(folder, {
      ...{ modelClass: 'CLIPTextModelWithProjection', file: exportedTowers.text },
      ...{ pooling: { output: 'text_embeds' }, length: maxTokens },
    });
    return { image, text };
  } catch (error) {
    await image[Symbol.asyncDispose]();
    throw error;
  }
}

async function embedded<Input>(
  folder: string,
  tower: FrozenEncoder<Input>,
  input: Input,
): Promise<Embeddings> {
  const features: Features = await tower.encode(input);
  const pooled: Tensor2D = features.pooled;
  try {
    const [rows, dim] = pooled.shape;
    return requireFinite(folder, { rows, dim, values: (await pooled.data()) as Float32Array });
  } finally {
    dispose({ ...features });
  }
}
