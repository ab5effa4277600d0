import { createHash } from 'node:crypto';
import type { Pretrained } from '../pretrained/types';

/** SHA-256 of all that decides a model's vectors: weights, parts, tokenizer, preprocessing; as `sha256:…`. */
export async function modelFingerprint({
  params,
  image,
  text,
  fusion,
}: Pretrained): Promise<string> {
  const hash = createHash('sha256');
  const facts = {
    image: image && { part: image.part, preprocessing: image.preprocessing },
    text: text && {
      part: text.part,
      tokenizer: text.tokenizer.fingerprint,
      maxTokens: text.maxTokens,
    },
    fusion: fusion?.part,
  };
  hash.update(JSON.stringify(facts));
  for (const path of Object.keys(params).sort()) {
    const values = await params[path]!.data();
    hash.update(`${path} ${params[path]!.shape.join()}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return `sha256:${hash.digest('hex')}`;
}
