import type { FileHandle } from 'node:fs/promises';
import { composeHeader, type TensorType } from '../safetensors/header';
import { writeAtomic } from '@crossweave/core/node';

/** A tensor to be written. */
export interface OutgoingTensor extends TensorType {
  /** Its bytes, cut into as many pieces as is convenient; asked for one after the other. */
  readonly pieces: readonly (() => Promise<Uint8Array>)[];
}

/** One system call writes less than 2 GiB. */
const chunkBytes = 2 ** 26;

/**
 * Writes a safetensors file, atomically, and holds one piece of one tensor at a time.
 *
 * @throws StateDictError for a name that is taken, DataError when the file cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: OutgoingTensor]>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const { bytes, order } = composeHeader(tensors, metadata, path);
  await writeAtomic(path, async (file) => {
    await append(file, bytes);
    for (const [, { pieces }] of order) {
      for (const piece of pieces) await append(file, await piece());
    }
  });
}

async function append(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(chunkBytes, bytes.length - done);
    const { bytesWritten } = await file.write(bytes, done, length);
    done += bytesWritten;
  }
}
