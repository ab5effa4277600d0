import { readFileSync } from 'node:fs';
import { OpenvinoBackendError } from '../errors';

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

/** @throws OpenvinoBackendError `precision` for a processor without instructions for bf16. */
export function requireBf16({ processor, hasBf16 }: Processor): void {
  if (hasBf16) return;
  throw new OpenvinoBackendError(
    'precision',
    `The processor (${processor}) has no instructions for bf16. Without them bf16 gains no time and ` +
      'loses accuracy; expected AVX512-BF16 or AMX.',
    undefined,
    { advice: 'Use precision "float32".' },
  );
}

interface Processor {
  /** Its name. */
  readonly processor: string;
  readonly hasBf16: boolean;
}

function flagsOfLinux(): string | null {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return null;
  }
}
