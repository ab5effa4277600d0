import { access } from 'node:fs/promises';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { FileFormatError, disposeParams, subtree, withPrefix } from '@crossweave/core';
import {
  codeOf,
  fileError,
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
} from '@crossweave/core/node';
import type { TeacherState } from '../teacher/options';

/** A twin's averages under `params.`, its queue under `queue.`, the queue's images in the header. */
export async function saveTeacher(
  path: string,
  { params, queue }: TeacherState,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await saveSafetensors(
    path,
    {
      ...withPrefix('params.', params),
      ...(queue && { 'queue.image': queue.image, 'queue.text': queue.text }),
    },
    { ...metadata, ...(queue && { groups: JSON.stringify(queue.groups) }) },
  );
}

/**
 * Undefined when there is no such file; the caller disposes what there is.
 *
 * @throws FileFormatError when the queue and its images do not fit each other.
 */
export async function loadTeacher(path: string): Promise<TeacherState | undefined> {
  const exists = await access(path).then(
    () => true,
    (cause: unknown) => {
      if (codeOf(cause) === 'ENOENT') return false;
      throw fileError('the twin of the checkpoint cannot be read', path, cause);
    },
  );
  if (!exists) return undefined;
  const { groups: stored } = await readSafetensorsMetadata(path);
  const groups = stored === undefined ? undefined : parseGroups(path, stored);
  const all = await loadSafetensors(path);
  const params = subtree(all, 'params.');
  const { image, text } = subtree(all, 'queue.');
  if (groups === undefined && image === undefined && text === undefined) return { params };
  if (image?.shape[0] !== groups?.length || text?.shape[0] !== groups?.length) {
    disposeParams(all);
    throw new FileFormatError('the queue does not fit its images', {
      where: path,
      expected: `${groups?.length ?? 0} rows of each side`,
      got: `${image?.shape[0] ?? 0} and ${text?.shape[0] ?? 0}`,
    });
  }
  return {
    params,
    queue: { image: image as Tensor2D, text: text as Tensor2D, groups: groups! },
  };
}

function parseGroups(path: string, stored: string): (string | null)[] {
  const refuse = (cause?: unknown): never => {
    throw new FileFormatError('the images of the queue are not a list of names', {
      where: path,
      got: stored.slice(0, 80),
      ...(cause !== undefined && { cause }),
    });
  };
  const isGroup = (group: unknown): group is string | null =>
    group === null || typeof group === 'string';
  try {
    const groups: unknown = JSON.parse(stored);
    if (Array.isArray(groups) && groups.every(isGroup)) return groups;
  } catch (cause) {
    return refuse(cause);
  }
  return refuse();
}
