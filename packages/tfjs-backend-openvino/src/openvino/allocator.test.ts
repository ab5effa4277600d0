import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { giveBackFreedMemory } from './allocator';
import { ffi } from './ffi';

const MIB = 1 << 20;

/** Why glibc's allocator cannot be asked; null if it can. */
function withoutGlibc(): string | null {
  if (process.env['MALLOC_MMAP_THRESHOLD_'] !== undefined) return 'the environment sets the size';
  try {
    createRequire(import.meta.url).resolve('koffi');
    ffi().load(null).func('int mallopt(int parameter, int value)');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const reason = withoutGlibc();

it.skipIf(reason !== null)(
  named('a block gets pages of its own, although larger blocks were freed', reason),
  () => {
    const { load, struct } = ffi();
    const fields = 'arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost';
    struct('CrossweaveMallinfo', Object.fromEntries(fields.split(' ').map((f) => [f, 'size_t'])));
    const c = load(null);
    const malloc = c.func('uintptr_t malloc(size_t size)') as (size: number) => bigint;
    const free = c.func('void free(uintptr_t pointer)') as (pointer: bigint) => void;
    const info = c.func('CrossweaveMallinfo mallinfo2()') as () => { hblkhd: number | bigint };
    /** Bytes that glibc mapped for blocks of their own, more by a block of 8 MiB. */
    const mapped = (): number => {
      const before = Number(info().hblkhd);
      const block = malloc(8 * MIB);
      const after = Number(info().hblkhd);
      free(block);
      return after - before;
    };
    giveBackFreedMemory();
    free(malloc(24 * MIB));
    expect(mapped()).toBeGreaterThanOrEqual(8 * MIB);
  },
);
