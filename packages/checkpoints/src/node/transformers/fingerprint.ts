import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DataError } from '@crossweave/core';
import { fileInside } from '../file-inside';
import { openRegular } from '@crossweave/core/node';

/** Files of a Hugging Face folder, other than weights, on which a model's features depend. */
const preprocessing = [
  'config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'special_tokens_map.json',
  'tokenizer.json',
  'tokenizer_config.json',
];

/**
 * SHA-256 (hex) over the folder's `onnx/<file>.onnx` with its external data, its configuration
 * and tokenizer, and `settings`: names and bytes, neither paths nor times.
 *
 * @throws DataError when the folder or the weights are missing or unreadable.
 */
export async function fingerprintFolder(
  folder: string,
  file: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  const names = await list(folder);
  const onnx = await list(join(folder, 'onnx'));
  const weights = onnx.filter((name) => name.startsWith(`${file}.onnx`));
  if (!weights.includes(`${file}.onnx`)) {
    throw new DataError('the folder lacks the weights', {
      where: folder,
      expected: `onnx/${file}.onnx`,
      got: onnx.length === 0 ? 'no file in onnx' : onnx.join(', '),
    });
  }
  const files = [
    ...preprocessing.filter((name) => names.includes(name)),
    ...weights.sort().map((name) => `onnx/${name}`),
  ];
  const whole = createHash('sha256').update(JSON.stringify(settings, sorted));
  for (const name of files) {
    const part = createHash('sha256');
    const file = await openRegular(await fileInside(folder, name));
    await pipeline(file.createReadStream(), part);
    whole.update(`\n${name} ${part.digest('hex')}`);
  }
  return whole.digest('hex');
}

/** For `JSON.stringify`: objects with their keys in order, so that the text depends on values alone. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new DataError('the folder cannot be read', {
      where: folder,
      expected: 'a Hugging Face folder with config.json and onnx/',
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
