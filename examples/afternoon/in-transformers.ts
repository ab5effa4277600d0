import { basename } from 'node:path';
import {
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  Tensor,
} from '@huggingface/transformers';
import { tokensOf } from './tokens';
import { asRows, type Inputs, type Vectors } from './towers';

type Model = (inputs: object) => Promise<Record<string, { dims: number[]; data: Float32Array }>>;

/** The exported folder as transformers.js loads a model. */
export async function inTransformers(exported: string, inputs: Inputs): Promise<Vectors> {
  const { shape, ids, mask } = await tokensOf(exported, inputs.texts);
  const name = basename(exported);
  const options = { dtype: 'fp32' } as const;
  const language = await CLIPTextModelWithProjection.from_pretrained(name, options);
  const vision = await CLIPVisionModelWithProjection.from_pretrained(name, options);
  const words = await (language as unknown as Model)({
    input_ids: new Tensor('int64', ids, [...shape]),
    attention_mask: new Tensor('int64', mask, [...shape]),
  });
  const { pixels } = inputs;
  const images = await (vision as unknown as Model)({
    pixel_values: new Tensor('float32', pixels.values, [...pixels.shape]),
  });
  const rows = (out: { dims: number[]; data: Float32Array } | undefined): number[][] =>
    asRows(out!.data, out!.dims[0]!);
  return { image: rows(images['image_embeds']), text: rows(words['text_embeds']) };
}
