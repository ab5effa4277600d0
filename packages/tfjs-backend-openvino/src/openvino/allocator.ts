import { ffi } from './ffi';

/** The parameter of `mallopt` for the size from which a block gets pages of its own. */
const M_MMAP_THRESHOLD = -3;
const THRESHOLD = 1 << 20;

/**
 * Makes glibc give blocks of 1 MiB and more back to the system as soon as they are freed. By
 * default it raises this size to that of the largest block it saw freed (up to 32 MiB) and keeps
 * smaller ones. OpenVINO takes and frees many such blocks when it computes a graph for the first
 * time: 1 GB of the peak of a BERT-base step. Environments that set the size themselves are left
 * alone. Does nothing without glibc.
 */
export function giveBackFreedMemory(): void {
  const { MALLOC_MMAP_THRESHOLD_: own, GLIBC_TUNABLES: tunables = '' } = process.env;
  if (process.platform !== 'linux' || own !== undefined || tunables.includes('mmap_threshold')) {
    return;
  }
  let mallopt: (parameter: number, value: number) => number;
  try {
    mallopt = ffi().load(null).func('int mallopt(int parameter, int value)') as typeof mallopt;
  } catch {
    return; // musl has no mallopt, and returns large blocks anyway.
  }
  mallopt(M_MMAP_THRESHOLD, THRESHOLD);
}
