import type { Row } from './record';

/** Reads a captions file block by block. */
export interface RowReader {
  /** The rows of the next block, which ends with a line; what goes on in the next is kept. */
  read(block: Buffer): Row[];
  /** The rows that are left. */
  end(): Row[];
}
