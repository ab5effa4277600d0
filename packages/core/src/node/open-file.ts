/**
 * The part of Node's `FileHandle` that is needed here. Node's own type would make every program
 * that is compiled with the declarations of this package need `@types/node`.
 */
export interface OpenFile {
  stat(): Promise<{ readonly size: number; isFile(): boolean }>;
  /** Reads `length` bytes at `position` of the file to `offset` of `into`. */
  read<Bytes extends Uint8Array>(
    into: Bytes,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number; readonly buffer: Bytes }>;
  readFile(): Promise<Uint8Array>;
  readFile(encoding: 'utf8'): Promise<string>;
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): Promise<{ readonly bytesWritten: number }>;
  writeFile(data: string | Uint8Array): Promise<void>;
  createReadStream(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
