import type { Tensor } from '@tensorflow/tfjs-core';
import type { Numbers } from '../safetensors/decode';
import type { SafetensorsType } from '../safetensors/elements';

/** A part of a tensor: number `index` of `of` equal parts along axis 0. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** The tensors of a checkpoint, each of which is read on request. */
export interface TensorSource extends AsyncDisposable {
  /** Name of the source in errors. */
  readonly where: string;
  /** Entries by tensor name, in the order in which reading is fastest. */
  readonly entries: ReadonlyMap<string, StoredEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads a tensor of {@link entries}, or a part of it. The caller disposes it.
   *
   * @param check is called with the numbers before they become a tensor, and may throw. @throws
   *   FileFormatError when the file has changed since it was opened, or an integer does not fit
   *   int32; DataError when the file cannot be read or the tensor does not fit into memory.
   */
  read(name: string, part?: Part, check?: NumbersCheck): Promise<Tensor>;
}

/** Throws if the numbers of the tensor `name` of the file `where` are wrong. */
export type NumbersCheck = (where: string, name: string, values: Numbers) => void;

export interface StoredEntry {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
}
