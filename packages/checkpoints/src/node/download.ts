import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, isCrossweaveError } from '@crossweave/core';
import { writeAtomic } from '@crossweave/core/node';
import { fetchSafely } from './fetch-safely';
import type { HubModel } from './hub-caches';
import { weightNames } from './model-folder';
import { longestJson, readCheckpointJson } from './checkpoint-json';
import { weightMap } from './sharded-source';

const hub = 'https://huggingface.co';

/** The hub itself takes no larger file than 50 GB. */
const largestFile = 2 ** 36;

/** Where the hub has a file of a model. */
export function hubUrl({ id, revision }: HubModel, file: string, endpoint = hub): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/** What lies beside a model's weights and says how it is used: tokenizer, pictures, pooling. */
const companions = [
  ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json'],
  ...['open_clip_config.json', 'modules.json', '1_Pooling/config.json'],
];
/** Where open_clip's own repositories keep their weights. */
const openClipWeights = 'open_clip_model.safetensors';

/**
 * Downloads a model's weights and, of `config.json`, tokenizer, preprocessor and the like, what it
 * has, into `folder`, each file atomically: what is there is whole. The weights come last, so that a
 * folder with weights has the rest.
 *
 * @throws DataError when the hub has no such file, or cannot be reached.
 */
export async function downloadModel(
  model: HubModel,
  folder: string,
  endpoint?: string,
): Promise<void> {
  const get = (file: string): Promise<boolean> => {
    const largest = file.endsWith('.json') ? longestJson : largestFile;
    return download(hubUrl(model, file, endpoint), join(folder, file), largest);
  };
  for (const file of companions) await get(file);
  const [single, index] = weightNames;
  if (await get(single)) return;
  if (!(await get(index))) {
    if (await get(openClipWeights)) return;
    throw new DataError('the model has no safetensors weights', {
      where: hubUrl(model, '', endpoint),
      expected: weightNames.join(' or '),
      advice: 'Is the name right? Some models need a log-in: download those with "hf download".',
    });
  }
  const path = join(folder, index);
  for (const file of new Set(weightMap(path, await readCheckpointJson(path)).values())) {
    if (!(await get(file))) {
      throw new DataError('a shard is missing', { where: hubUrl(model, file, endpoint) });
    }
  }
}

/** Whether the file was there; false for one that is not found or not for everybody. */
async function download(url: string, path: string, largest: number): Promise<boolean> {
  const failed = (cause: unknown): DataError =>
    new DataError('the download failed', {
      where: url,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  const response = await fetchSafely(url).catch((cause: unknown) => {
    throw isCrossweaveError(cause) ? cause : failed(cause);
  });
  const { body } = response;
  if ([401, 403, 404].includes(response.status)) {
    await body?.cancel();
    return false;
  }
  if (!response.ok || body === null) throw failed(`status ${response.status}`);
  const tooLong = (): DataError =>
    new DataError('the file is too long', { where: url, expected: `at most ${largest} bytes` });
  if (Number(response.headers.get('content-length') ?? 0) > largest) {
    await body.cancel();
    throw tooLong();
  }
  await mkdir(dirname(path), { recursive: true });
  await writeAtomic(path, async (file) => {
    let bytes = 0;
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const next = await chunks.next().catch((cause: unknown) => {
        throw failed(cause);
      });
      if (next.done === true) return;
      const chunk = next.value as Uint8Array;
      bytes += chunk.length;
      if (bytes > largest) {
        await body.cancel().catch(() => undefined);
        throw tooLong();
      }
      await file.writeFile(chunk);
    }
  });
  return true;
}
