import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Constants, ExternalPlace, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { addressOf, hasOwnPages, pageSize, takePages } from './own-pages';

/** Smaller arrays have no pages of their own (see allocator.ts). */
const LEAST_BYTES = 1 << 20;
/** Linux's folder of files that are memory and never reach a disk. */
const MEMORY = '/dev/shm';
const NAME = 'weights';

/**
 * The large constants of a model in a file, which OpenVINO maps into memory where it would copy an
 * array. The arrays of the constants take over the pages of the file, so that weights are in memory
 * once, not once in tensors and once more in OpenVINO.
 */
export class WeightsFile {
  private constructor(
    private readonly folder: string,
    private readonly places: ReadonlyMap<Values, number>,
  ) {}

  /** Null if no constant is large, or the system has no such folder or no room in it. */
  static write(constants: Constants): WeightsFile | null {
    const places = new Map<Values, number>();
    let end = 0;
    for (const values of new Set(constants)) {
      if (values === null || values.byteLength < LEAST_BYTES || !hasOwnPages(values)) continue;
      // As far from the start of a page as in memory.
      const place = end + (addressOf(values) % pageSize());
      places.set(values, place);
      end = Math.ceil((place + values.byteLength) / pageSize()) * pageSize();
    }
    if (places.size === 0) return null;
    let folder: string | null = null;
    try {
      const { bavail, bsize } = statfsSync(MEMORY);
      if (bavail * bsize < end) return null;
      folder = mkdtempSync(join(MEMORY, `crossweave-${process.pid}-`));
      fill(join(folder, NAME), places);
      return new WeightsFile(folder, places);
    } catch {
      // Arrays that took pages of the file keep them. OpenVINO copies all constants then.
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
      return null;
    }
  }

  /** Where a constant is; null for one that is not in the file. */
  placeOf(values: Values): ExternalPlace | null {
    const offset = this.places.get(values);
    return offset === undefined ? null : { location: NAME, offset };
  }

  /** Writes the model into the folder of the file, since OpenVINO reads no others. @returns its path. */
  writeModel(bytes: Uint8Array): string {
    const path = join(this.folder, 'model.onnx');
    writeFileSync(path, bytes);
    return path;
  }

  /** Removes the folder. The pages stay until nothing maps them any more. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function fill(path: string, places: ReadonlyMap<Values, number>): void {
  const file = openSync(path, 'wx+', 0o600);
  try {
    for (const [values, offset] of places) {
      writeAll(file, values, offset);
      takePages(values, file, offset);
    }
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, { buffer, byteOffset, byteLength }: Values, offset: number): void {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let done = 0; done < byteLength;) {
    done += writeSync(file, bytes, done, byteLength - done, offset + done);
  }
}
