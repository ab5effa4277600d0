import { add, concat, mul, slice, sub, tensor2d, transpose } from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ConfigError, inference, subtree, type Params, type TextInput } from '@crossweave/core';
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
  readonly parameters: Params;
}

export interface Towers {
  readonly image: Tower<PixelInput>;
  readonly text: Tower<TextInput>;
}

/** @throws ConfigError for a model without two towers that embed apart from each other. */
export function towersOf({ name, family, parts }: OpenModel): Towers {
  const { image, text, fusion, params = {} } = parts ?? {};
  const embed = fusion?.fusion.embed;
  if (image === undefined || text === undefined || embed === undefined) {
    throw new ConfigError('the model is not two towers with embeddings of their own', {
      where: name,
      expected: 'towers joined by a fusion such as dual-encoder',
      got: fusion?.fusion.name ?? family,
      advice: 'exportOnnx of @crossweave/tfjs-backend-onnx writes any function of tensors.',
    });
  }
  const of = (part: string): Params => subtree(params, `${part}.`);
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
        const ended = withEnd(input, text.tokenizer.suffix);
        const features = text.encoder.apply(textParams, ended, inference);
        return { text_embeds: normalize(embed(fusionParams, 'text', features, inference)) };
      },
    },
  };
}

/**
 * Ids [B, N] of which a text that fills all N places ends with the tokenizer's `suffix`, K tokens.
 * transformers.js cuts a text after its end was added, and so takes the end away; this puts it back, at the
 * place where crossweave and transformers cut. Of other texts nothing changes.
 */
export function withEnd(input: TextInput, suffix: readonly number[]): TextInput {
  const { input_ids: ids, attention_mask: mask } = input;
  const [, length] = ids.shape;
  const ending = suffix.length;
  if (ending === 0) return input;
  const [kept, last] = [
    slice(ids, [0, 0], [-1, length - ending]),
    slice(ids, [0, length - ending], [-1, ending]),
  ];
  const isFull = slice(mask, [0, length - 1], [-1, 1]);
  const end = tensor2d([...suffix], [1, ending], 'int32');
  return {
    ...input,
    input_ids: concat([kept, add<Tensor2D>(last, mul(isFull, sub(end, last)))], 1),
  };
}
