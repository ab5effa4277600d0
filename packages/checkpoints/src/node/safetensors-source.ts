import { DataError, FileFormatError, StateDictError } from '@crossweave/core';
import { adoptTensor } from '../safetensors/adopt-tensor';
import { decodings, type Numbers } from '../safetensors/decode';
import { elementBytes } from '../safetensors/elements';
import {
  lengthBytes,
  parseHeader,
  readHeaderLength,
  type TensorEntry,
} from '../safetensors/header';
import { openRegular, type OpenFile } from '@crossweave/core/node';
import type { Part, TensorSource } from './tensor-source';

/**
 * Bytes per read: a multiple of every element size, and less than the 2 GiB limit of a system call.
 */
const chunkBytes = 2 ** 26;
/** Bytes per step of decoding, for types that tfjs stores differently from the file. */
const decodedBytes = 2 ** 20;

/**
 * Opens a safetensors file of any length and reads its header. A tensor's bytes are later read from
 * the file directly into the array of the tensor.
 *
 * @throws DataError when the file is missing, cannot be read or is not a regular file,
 *   FileFormatError when it is damaged.
 */
export async function openSafetensors(path: string): Promise<TensorSource> {
  const file = await openRegular(path);
  try {
    const { size } = await attempt(path, () => file.stat());
    const start = new Uint8Array(Math.min(lengthBytes, size));
    await fill(path, file, start, 0);
    const headerBytes = readHeaderLength(start, size, path);
    const header = new Uint8Array(headerBytes);
    await fill(path, file, header, lengthBytes);
    const body = lengthBytes + headerBytes;
    const { entries, metadata } = parseHeader(header, size - body, path);
    return {
      where: path,
      entries,
      metadata,
      read: async (name, part = { index: 0, of: 1 }, check) => {
        const entry = entries.get(name);
        if (entry === undefined) {
          throw new StateDictError(`there is no tensor "${name}"`, { where: path });
        }
        const { dtype, shape, begin, end } = partOf(path, name, entry, part);
        const values = await readValues({ path, file, name, dtype }, body + begin, end - begin);
        check?.(path, name, values);
        return adoptTensor(values, shape, decodings[dtype].dtype);
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Subject {
  readonly path: string;
  readonly file: OpenFile;
  readonly name: string;
  readonly dtype: TensorEntry['dtype'];
}

/** The entry of a part of a tensor: consecutive rows, whose bytes are contiguous in the file. */
function partOf(where: string, name: string, entry: TensorEntry, { index, of }: Part): TensorEntry {
  const { dtype, shape, begin, end } = entry;
  if (of === 1) return entry;
  const [rows, ...rest] = shape;
  if (rows === undefined || rows % of !== 0) {
    throw new StateDictError(`"${name}" cannot be split into ${of} equal parts`, {
      where,
      expected: `a multiple of ${of} on axis 0`,
      got: `[${shape.join(', ')}]`,
    });
  }
  const bytes = (end - begin) / of;
  const first = begin + index * bytes;
  return { dtype, shape: [rows / of, ...rest], begin: first, end: first + bytes };
}

async function readValues(subject: Subject, from: number, bytes: number): Promise<Numbers> {
  const { path, file, name, dtype } = subject;
  const { decode } = decodings[dtype];
  const values = allocate(subject, bytes / elementBytes[dtype]);
  if (decode === undefined) {
    await fill(path, file, new Uint8Array(values.buffer), from);
    return values;
  }
  let scratch = new Uint8Array(Math.min(decodedBytes, bytes));
  for (let done = 0; done < bytes; done += scratch.length) {
    if (bytes - done < scratch.length) scratch = new Uint8Array(bytes - done);
    await fill(path, file, scratch, from + done);
    decode(scratch.buffer, values, done / elementBytes[dtype], { name, where: path });
  }
  return values;
}

function allocate({ path, name, dtype }: Subject, count: number): Numbers {
  try {
    return decodings[dtype].allocate(count);
  } catch (cause) {
    throw new DataError(`"${name}" does not fit into memory`, {
      where: path,
      got: `${count} numbers`,
      cause,
    });
  }
}

/** Fills `into` with bytes from the file. */
async function fill(
  path: string,
  file: OpenFile,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const length = Math.min(chunkBytes, into.length - done);
    const at = position + done;
    const { bytesRead } = await attempt(path, () => file.read(into, done, length, at));
    if (bytesRead === 0) {
      throw new FileFormatError('the file became shorter while it was read', {
        where: path,
        expected: `${into.length} bytes at ${position}`,
        got: done,
      });
    }
    done += bytesRead;
  }
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new DataError('the file cannot be read', {
      where: path,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
