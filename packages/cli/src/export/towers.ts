import { transpose } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ConfigError, inference, subtree, type TextInput } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import type { OpenModel } from '@crossweave/models';

/** Pictures as transformers libraries give them: [B, 3, H, W]. */
export interface PixelInput {
  readonly pixel_values: Tensor4D;
}

/** A tower from a transformers library's input to embeddings of unit length. */
export interface Tower<Input> {
  readonly run: (input: Input) => { readonly [output: string]: Tensor2D };
  /** Names of the weights in the file. */
  readonly parameters: OpenModel['parts']['params'];
}

export interface Towers {
  readonly image: Tower<PixelInput>;
  readonly text: Tower<TextInput>;
}

/** @throws ConfigError for a model without two towers that embed apart from each other. */
export function towersOf({ name, parts }: OpenModel): Towers {
  const { image, text, fusion, params } = parts;
  const embed = fusion?.fusion.embed;
  if (image === undefined || text === undefined || embed === undefined) {
    throw new ConfigError('the model is not two towers with embeddings of their own', {
      where: name,
      expected: 'towers joined by a fusion such as dual-encoder',
      got: fusion?.fusion.name ?? parts.family,
      advice: 'exportOnnx of @crossweave/tfjs-backend-onnx writes any function of tensors.',
    });
  }
  const of = (part: string): typeof params => subtree(params, `${part}.`);
  const [imageParams, textParams, fusionParams] = [of('image'), of('text'), of('fusion')];
  return {
    image: {
      parameters: params,
      run: ({ pixel_values }) => {
        const pictures = transpose(pixel_values, [0, 2, 3, 1]);
        const features = image.encoder.apply(imageParams, pictures, inference);
        return { image_embeds: normalize(embed(fusionParams, 'image', features, inference)) };
      },
    },
    text: {
      parameters: params,
      run: (input) => {
        const features = text.encoder.apply(textParams, input, inference);
        return { text_embeds: normalize(embed(fusionParams, 'text', features, inference)) };
      },
    },
  };
}
