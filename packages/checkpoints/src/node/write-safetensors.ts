import { composeHeader, type TensorType } from '../safetensors/header';
import { writeAtomic, type OpenFile } from '@crossweave/core/node';

/** A tensor to be written. */
export interface OutgoingTensor extends TensorType {
  /** Its bytes in any number of pieces. The functions are called one after another. */
  readonly pieces: readonly (() => Promise<Uint8Array>)[];
}

/** Bytes per write; a system call writes less than 2 GiB. */
const chunkBytes = 2 ** 26;

/**
 * Writes a safetensors file atomically. Only one piece of one tensor is in memory at a time.
 *
 * @throws StateDictError for a duplicate name, DataError when the file cannot be written.
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

async function append(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(chunkBytes, bytes.length - done);
    const { bytesWritten } = await file.write(bytes, done, length);
    done += bytesWritten;
  }
}
