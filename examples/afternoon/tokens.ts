import { basename, dirname } from 'node:path';
import { AutoTokenizer, env } from '@huggingface/transformers';

/** Ids and mask as the exported text tower takes them: [B, N] int64 of the model's full length. */
export interface Tokens {
  readonly shape: readonly number[];
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
}

/** By the tokenizer of an exported folder. */
export async function tokensOf(exported: string, texts: readonly string[]): Promise<Tokens> {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(exported);
  const tokenizer = await AutoTokenizer.from_pretrained(basename(exported));
  const { input_ids, attention_mask } = tokenizer([...texts], {
    padding: 'max_length',
    truncation: true,
  } as never) as Record<'input_ids' | 'attention_mask', { dims: number[]; data: BigInt64Array }>;
  return { shape: input_ids.dims, ids: input_ids.data, mask: attention_mask.data };
}
