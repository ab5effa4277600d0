import { readFileSync } from 'node:fs';

/** Flags of Linux for instructions that multiply bf16: on x64, and on arm64. */
const FLAGS = /^(avx512_bf16|amx_bf16|bf16)$/;

/**
 * Whether a processor multiplies bf16 in hardware, by Linux's list of its flags; null where there is
 * no list. OpenVINO names bf16 also for processors on which it would convert every operand first.
 */
export function multipliesBf16(list: string | null = flagsOfLinux()): boolean | null {
  if (list === null) return null;
  const lines = list.split('\n').filter((line) => /^(flags|Features)\s*:/.test(line));
  return lines.some((line) => line.split(/[\s:]+/).some((flag) => FLAGS.test(flag)));
}

function flagsOfLinux(): string | null {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return null;
  }
}
