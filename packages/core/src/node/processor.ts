import { readFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';

/** What a processor has that products in bf16 or int8 need. */
export interface Processor {
  readonly name: string;
  readonly arch: string;
  /**
   * Instruction sets by the names that people know: `AMX-BF16`, `AVX512-BF16`, `bf16` (of arm64) for
   * products in bf16; `AMX-INT8`, `AVX512-VNNI`, `AVX-VNNI`, `i8mm` for int8. Null where the
   * system has no list of them.
   */
  readonly instructions: readonly string[] | null;
}

/** Names by the flags of Linux. */
const NAMES: Readonly<Record<string, string>> = {
  amx_bf16: 'AMX-BF16',
  amx_int8: 'AMX-INT8',
  avx512_bf16: 'AVX512-BF16',
  avx512_vnni: 'AVX512-VNNI',
  avx_vnni: 'AVX-VNNI',
  bf16: 'bf16',
  i8mm: 'i8mm',
};

/** The processor of this machine. @param list Linux's list of flags; default: that of this machine. */
export function processorHere(list: string | null = flagsOfLinux()): Processor {
  const line = list?.split('\n').find((each) => /^(flags|Features)\s*:/.test(each));
  const flags = line?.split(/[\s:]+/);
  return {
    name: cpus()[0]?.model.trim() ?? 'unknown',
    arch: arch(),
    instructions:
      flags === undefined
        ? null
        : Object.entries(NAMES).flatMap(([flag, name]) => (flags.includes(flag) ? [name] : [])),
  };
}

/** What a processor has for bf16 and int8, in words. */
export function describeInstructions({ arch: kind, instructions }: Processor): string {
  if (instructions === null) return `${kind}; this system does not tell its instruction sets`;
  const bf16 = instructions.filter((name) => /bf16/i.test(name));
  const int8 = instructions.filter((name) => !/bf16/i.test(name));
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.join(', ');
  return `${kind}; instructions for bf16: ${list(bf16)}; for int8: ${list(int8)}`;
}

function flagsOfLinux(): string | null {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return null;
  }
}
