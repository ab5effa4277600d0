import type { Values } from '@crossweave/tfjs-backend-onnx/graph';
import { ffi } from '../openvino/ffi';

/** glibc keeps 16 bytes before a block: 8 that are 0 before a block with pages of its own, and the size. */
const HEADER = 16;
/** The marks in the low bits of a size, and the one of a block with pages of its own. */
const [MARKS, HAS_OWN_PAGES] = [7n, 2n];

/** `_SC_PAGESIZE` and numbers of `sys/mman.h` on Linux. */
const SC_PAGESIZE = 30;
const PROT_READ_WRITE = 1 | 2;
const MAP_PRIVATE_FIXED = 2 | 0x10;
const MADV_DONTNEED = 4;

/** What is called of the system's C library. */
interface System {
  readonly pageSize: number;
  readonly mmap: (...args: readonly unknown[]) => bigint | number;
  readonly madvise: (address: number, length: number, advice: number) => number;
}

let loaded: System | undefined;

function system(): System {
  if (loaded !== undefined) return loaded;
  const c = ffi().load(null);
  const sysconf = c.func('long sysconf(int name)') as (name: number) => bigint | number;
  loaded = {
    pageSize: Number(sysconf(SC_PAGESIZE)),
    mmap: c.func(
      'intptr_t mmap(uintptr_t at, size_t length, int protection, int flags, int file, int64_t offset)',
    ) as System['mmap'],
    madvise: c.func('int madvise(uintptr_t at, size_t length, int advice)') as System['madvise'],
  };
  return loaded;
}

/** The bytes of a page of memory. */
export const pageSize = (): number => system().pageSize;

/** Where the numbers of an array start in memory. */
export const addressOf = (values: Values): number => Number(ffi().address(values));

/**
 * Whether the memory of an array is a block to which glibc gave pages of its own, which no other
 * block shares and which all go back to the system when the block is freed. Such blocks start
 * right behind the header on their first page. With other allocators it is false.
 */
export function hasOwnPages({ buffer }: Values): boolean {
  if (process.platform !== 'linux' || !(buffer instanceof ArrayBuffer)) return false;
  const start = ffi().address(buffer);
  if (Number(start) % pageSize() !== HEADER) return false;
  const header = ffi().decode(start - BigInt(HEADER), 'uint64_t', 2) as ArrayLike<number | bigint>;
  const [before, size] = Array.from(header, BigInt) as [bigint, bigint];
  const bytes = Number(size & ~MARKS);
  return (
    before === 0n &&
    (size & MARKS) === HAS_OWN_PAGES &&
    bytes % pageSize() === 0 &&
    bytes >= buffer.byteLength + HEADER
  );
}

/**
 * Replaces the pages that lie within an array by the same pages of a file, so that both take memory
 * once. Writes to the array stay its own. Whoever holds the array sees no difference. Where the
 * system refuses, the array has the pages that it had.
 * @param values have pages of their own.
 * @param offset of the array's bytes in the file, which are there already and never change. It is
 *   as far from the start of a page as the array is.
 */
export function takePages(values: Values, file: number, offset: number): void {
  const { at, length, skipped } = pagesWithin(values);
  if (length === 0) return;
  system().mmap(at, length, PROT_READ_WRITE, MAP_PRIVATE_FIXED, file, offset + skipped);
}

/** Gives the pages within an array back to the system. Its contents are arbitrary afterwards. */
export function dropPages(values: Values): void {
  const { at, length } = pagesWithin(values);
  if (length > 0) system().madvise(at, length, MADV_DONTNEED);
}

/** The whole pages within an array, and the bytes of the array before them. */
function pagesWithin(values: Values): { at: number; length: number; skipped: number } {
  const size = pageSize();
  const start = addressOf(values);
  const at = Math.ceil(start / size) * size;
  const end = Math.floor((start + values.byteLength) / size) * size;
  return { at, length: Math.max(0, end - at), skipped: at - start };
}
