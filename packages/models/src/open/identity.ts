import { createHash } from 'node:crypto';
import { valuesOf } from '@crossweave/core';
import type { Preprocessing } from '@crossweave/data';
import { checksumOf } from '@crossweave/trainer/node';
import type { PartConfig, Pretrained } from '../pretrained/types';

/** What a model's vectors depend on, as plain data: models with equal ones give equal vectors. */
export interface ModelIdentity {
  /** SHA-256 of all weights, as `sha256:…`. */
  readonly weights: string;
  /** Absent in a text tower. `part` is absent in an export, whose files are its weights. */
  readonly image?: { readonly part?: PartConfig; readonly preprocessing: Preprocessing };
  /** Absent in an image tower. `tokenizer` is its fingerprint. */
  readonly text?: {
    readonly part?: PartConfig;
    readonly tokenizer: string;
    readonly maxTokens: number;
  };
  /** Absent where there is one tower alone, and in an export. */
  readonly fusion?: PartConfig;
}

export async function modelIdentity(model: Pretrained): Promise<ModelIdentity> {
  const { params, image, text, fusion } = model;
  const hash = createHash('sha256');
  for (const path of Object.keys(params).sort()) {
    const values = await valuesOf(params[path]!);
    hash.update(`${path} ${params[path]!.shape.join()}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  const identity: ModelIdentity = {
    weights: `sha256:${hash.digest('hex')}`,
    ...(image && { image: { part: image.part, preprocessing: image.preprocessing } }),
    ...(text && {
      text: {
        part: text.part,
        tokenizer: text.tokenizer.fingerprint,
        maxTokens: text.maxTokens,
      },
    }),
    ...(fusion && { fusion: fusion.part }),
  };
  // As a file gives it back: without what is undefined.
  return JSON.parse(JSON.stringify(identity)) as ModelIdentity;
}

/** SHA-256 of all that decides a model's vectors: weights, parts, tokenizer, preprocessing; as `sha256:…`. */
export async function modelFingerprint(model: Pretrained): Promise<string> {
  return checksumOf(await modelIdentity(model));
}
