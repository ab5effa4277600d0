import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FileFormatError } from '@crossweave/core';
import { count, fields, number } from '@crossweave/core/authoring';
import { readJson } from '@crossweave/core/node';
import { preprocessingCheck, type Preprocessing } from '@crossweave/data';

/** Names of the towers in `onnx/`, without `.onnx`: those that `@huggingface/transformers` looks for. */
export const exportedTowers = { image: 'vision_model', text: 'text_model' } as const;
/** Follows the name of a tower in int8, where `@huggingface/transformers` looks for dtype `q8`. */
export const quantisedSuffix = '_quantized';

/** What `config.json` of an export says of it under `crossweave`. */
export interface ExportDescription {
  /** E, the width of embeddings. */
  readonly dim: number;
  readonly preprocessing: Preprocessing;
  /** N: every text has so many tokens. */
  readonly maxTokens: number;
  /** What makes logits of cosines; absent where the fusion has no such numbers. */
  readonly logits?: { readonly scale: number; readonly bias: number };
}

const check = fields(
  {
    ...{ dim: count(), maxTokens: count(), preprocessing: preprocessingCheck },
    logits: fields({ scale: number(), bias: number() }, ['scale', 'bias']),
  },
  ['dim', 'maxTokens', 'preprocessing'],
);

/**
 * What a folder that `crossweave export` wrote says of itself; undefined for another folder.
 *
 * @throws FileFormatError when it is damaged.
 */
export async function readExport(folder: string): Promise<ExportDescription | undefined> {
  const where = join(folder, 'config.json');
  const files = Object.values(exportedTowers).map((name) => join(folder, 'onnx', `${name}.onnx`));
  if (![where, ...files].every((file) => existsSync(file))) return undefined;
  const { projection_dim, crossweave } = Object(await readJson(where)) as Record<string, unknown>;
  if (crossweave === undefined) return undefined;
  const { preprocessing, maxTokens, logits } = Object(crossweave) as Record<string, unknown>;
  const description = { dim: projection_dim, preprocessing, maxTokens, logits };
  if (check.accepts(description)) return description as ExportDescription;
  throw new FileFormatError('this is not the description of an export of crossweave', {
    where,
    expected: '"projection_dim", and "crossweave" with preprocessing, maxTokens and logits',
    advice: 'Open the model that it was made of, or export that again.',
  });
}
