import { access } from 'node:fs/promises';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { FileFormatError, disposeParams, subtree, withPrefix } from '@crossweave/core';
import { codeOf, fileError } from '@crossweave/core/node';
import {
  loadSafetensors,
  readSafetensorsMetadata,
  saveSafetensors,
} from '@crossweave/checkpoints/node';
import type { TeacherState } from '../teacher/options';

/** A twin's averages under `params.`, its queue under `queue.`, the queue's images and texts in the header. */
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
    {
      ...metadata,
      ...(queue && { groups: JSON.stringify(queue.groups) }),
      ...(queue?.captions && { captions: JSON.stringify(queue.captions) }),
    },
  );
}

/**
 * Undefined when there is no such file; the caller disposes what there is.
 *
 * @throws FileFormatError when the queue and its images do not fit each other.
 */
export async function loadTeacher(path: string): Promise<TeacherState | undefined> {
  if (!(await isThere(path))) return undefined;
  const stored = await readSafetensorsMetadata(path);
  const groups = parseNames(path, 'images', stored['groups']);
  const captions = parseNames(path, 'texts', stored['captions']);
  const all = await loadSafetensors(path);
  const params = subtree(all, 'params.');
  const { image, text } = subtree(all, 'queue.');
  if (groups === undefined && image === undefined && text === undefined) return { params };
  const rows = groups?.length;
  const lengths = [image?.shape[0], text?.shape[0], ...(captions ? [captions.length] : [])];
  if (lengths.some((length) => length !== rows)) {
    disposeParams(all);
    throw new FileFormatError('the queue does not fit its images', {
      where: path,
      expected: `${rows ?? 0} rows of each side`,
      got: lengths.map((length) => length ?? 0).join(', '),
    });
  }
  return {
    params,
    queue: {
      image: image as Tensor2D,
      text: text as Tensor2D,
      groups: groups!,
      ...(captions && { captions }),
    },
  };
}

function parseNames(
  path: string,
  what: 'images' | 'texts',
  stored: string | undefined,
): (string | null)[] | undefined {
  if (stored === undefined) return undefined;
  const refuse = (cause?: unknown): never => {
    throw new FileFormatError(`the ${what} of the queue are not a list of names`, {
      where: path,
      got: stored.slice(0, 80),
      ...(cause !== undefined && { cause }),
    });
  };
  const isName = (name: unknown): name is string | null =>
    name === null || typeof name === 'string';
  try {
    const names: unknown = JSON.parse(stored);
    if (Array.isArray(names) && names.every(isName)) return names;
  } catch (cause) {
    return refuse(cause);
  }
  return refuse();
}

/** Whether a part of a checkpoint is there that not every checkpoint has. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (cause: unknown) => {
      if (codeOf(cause) === 'ENOENT') return false;
      throw fileError('a part of the checkpoint cannot be read', path, cause);
    },
  );
}
