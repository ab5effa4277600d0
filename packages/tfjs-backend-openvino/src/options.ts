import { availableParallelism } from 'node:os';
import type { OnnxBackendOptions } from '@crossweave/tfjs-backend-onnx';
import { OpenvinoBackendError } from './errors';
import type { Precision } from './openvino/core';

export interface OpenvinoBackendOptions extends Pick<
  OnnxBackendOptions,
  'threads' | 'cacheSize' | 'maxSessionBytes' | 'maxPending' | 'maxPooledBytes'
> {
  /**
   * The numbers in which products and convolutions are computed. Default `float32`. With `bf16`
   * their operands are rounded to 8 bits of significand and the sums are float32; needs a processor
   * with AVX512-BF16 or AMX.
   */
  precision?: Precision;
  /**
   * OpenVINO's C library (`libopenvino_c`). Default: the library that the environment's
   * `CROSSWEAVE_OPENVINO` names, or the one of an activated Python environment.
   */
  library?: string;
}

type Key = keyof OpenvinoBackendOptions;

const PRECISIONS: readonly Precision[] = ['float32', 'bf16'];
/** A larger number is a mistake, and would exhaust the machine. */
const MAX_THREADS = 1024;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
const isSize = (value: unknown): boolean => value === 0 || isCount(value);

const CHECKS: Readonly<Record<Key, readonly [string, (value: unknown) => boolean]>> = {
  precision: ['"float32" | "bf16"', (value) => PRECISIONS.some((name) => name === value)],
  library: [
    "the path of OpenVINO's C library",
    (value) => typeof value === 'string' && value !== '',
  ],
  threads: [
    `a whole number of at least 1 and at most ${MAX_THREADS}`,
    (value) => isCount(value) && (value as number) <= MAX_THREADS,
  ],
  cacheSize: ['a whole number of at least 1', isCount],
  maxSessionBytes: ['a whole number of at least 0', isSize],
  maxPending: ['a whole number of at least 1', isCount],
  maxPooledBytes: ['a whole number of at least 0', isSize],
};

/** @throws OpenvinoBackendError `options` for an unknown option, or a value that does not fit. */
export function checkOptions(options: OpenvinoBackendOptions): void {
  const fail = (message: string): never => {
    throw new OpenvinoBackendError('options', `createOpenvinoBackend: ${message}.`);
  };
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    fail(`the options must be an object; got ${JSON.stringify(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      const known = Object.keys(CHECKS).join(', ');
      fail(`there is no option "${name}"; expected one of ${known}`);
    }
    const [expected, accepts] = CHECKS[name as Key];
    if (value === undefined || accepts(value)) continue;
    const got = typeof value === 'string' ? JSON.stringify(value) : String(value);
    fail(`${name} must be ${expected}; got ${got.slice(0, 100)}`);
  }
}

/** The default of `threads`: the number of cores that this process may use. */
export const defaultThreads = (): number => availableParallelism();
