import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError } from '../../errors';
import { readJson, writeAtomic } from '../files';
import type { HubModel } from './hub-caches';
import { weightNames } from './model-folder';
import { weightMap } from './sharded-source';

const hub = 'https://huggingface.co';

/** Where the hub has a file of a model. */
export function hubUrl({ id, revision }: HubModel, file: string, endpoint = hub): string {
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${file}`;
}

/**
 * Downloads a model's `config.json` (where it has one) and weights into `folder`, each file
 * atomically: what is there is whole.
 *
 * @throws DataError when the hub has no such file, or cannot be reached.
 */
export async function downloadModel(
  model: HubModel,
  folder: string,
  endpoint?: string,
): Promise<void> {
  const get = (file: string): Promise<boolean> =>
    download(hubUrl(model, file, endpoint), join(folder, file));
  await get('config.json');
  const [single, index] = weightNames;
  if (await get(single)) return;
  if (!(await get(index))) {
    throw new DataError('the model has no safetensors weights', {
      where: hubUrl(model, '', endpoint),
      expected: weightNames.join(' or '),
      advice: 'Is the name right? Some models need a log-in: download those with "hf download".',
    });
  }
  const path = join(folder, index);
  for (const file of new Set(weightMap(path, await readJson(path)).values())) {
    if (!(await get(file))) {
      throw new DataError('a shard is missing', { where: hubUrl(model, file, endpoint) });
    }
  }
}

/** Whether the file was there; false for one that is not found or not for everybody. */
async function download(url: string, path: string): Promise<boolean> {
  const failed = (cause: unknown): DataError =>
    new DataError('the download failed', {
      where: url,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  const response = await fetch(url).catch((cause: unknown) => {
    throw failed(cause);
  });
  const { body } = response;
  if ([401, 403, 404].includes(response.status)) {
    await body?.cancel();
    return false;
  }
  if (!response.ok || body === null) throw failed(`status ${response.status}`);
  await mkdir(dirname(path), { recursive: true });
  await writeAtomic(path, async (file) => {
    try {
      for await (const chunk of body) await file.writeFile(chunk as Uint8Array);
    } catch (cause) {
      throw failed(cause);
    }
  });
  return true;
}
