import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { tokensOf } from './tokens';
import { asRows, type Inputs, type Vectors } from './towers';

/** The exported towers in ONNX Runtime alone. */
export async function inNode(exported: string, { pixels, texts }: Inputs): Promise<Vectors> {
  const vision = await InferenceSession.create(join(exported, 'onnx', 'vision_model.onnx'));
  const language = await InferenceSession.create(join(exported, 'onnx', 'text_model.onnx'));
  const { shape, ids, mask } = await tokensOf(exported, texts);
  const given = {
    input_ids: new Tensor('int64', ids, shape),
    attention_mask: new Tensor('int64', mask, shape),
  };
  const wanted = Object.entries(given).filter(([name]) => language.inputNames.includes(name));
  const images = await vision.run({
    pixel_values: new Tensor('float32', pixels.values, pixels.shape),
  });
  const words = await language.run(Object.fromEntries(wanted));
  const rows = (out: Tensor | undefined): number[][] =>
    asRows(out!.data as Float32Array, out!.dims[0]!);
  await Promise.all([vision.release(), language.release()]);
  return { image: rows(images['image_embeds']), text: rows(words['text_embeds']) };
}
