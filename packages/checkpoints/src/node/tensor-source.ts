import type { Tensor } from '@tensorflow/tfjs-core';
import type { Numbers } from '../safetensors/decode';
import type { SafetensorsType } from '../safetensors/elements';

/** A part of a tensor along axis 0: number `index` of `of` equal ones. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** The tensors of a checkpoint, read one by one when they are asked for. */
export interface TensorSource extends AsyncDisposable {
  /** Names it in errors. */
  readonly where: string;
  /** By name, in the order in which they are best read. */
  readonly entries: ReadonlyMap<string, StoredEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * A tensor that {@link entries} lists, or a part of it; the caller's to dispose.
   *
   * @param check sees the numbers before they become a tensor, and throws where they are wrong.
   * @throws FileFormatError when the file has changed since it was opened, or a whole number does
   * not fit int32; DataError when it cannot be read or does not fit into memory.
   */
  read(name: string, part?: Part, check?: NumbersCheck): Promise<Tensor>;
}

/** Throws when the numbers of the tensor `name` of the file `where` are wrong. */
export type NumbersCheck = (where: string, name: string, values: Numbers) => void;

export interface StoredEntry {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
}
