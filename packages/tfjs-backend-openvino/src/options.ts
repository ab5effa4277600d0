import { availableParallelism } from 'node:os';
import type { OnnxBackendOptions } from '@crossweave/tfjs-backend-onnx';
import { oneOf, optionsFault, wholeNumber, type Checks } from '@crossweave/tfjs-backend-onnx/graph';
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

/** A larger number is a mistake, and would exhaust the machine. */
const MAX_THREADS = 1024;

const CHECKS: Checks<OpenvinoBackendOptions> = {
  precision: oneOf(['float32', 'bf16']),
  library: {
    expected: "the path of OpenVINO's C library",
    accepts: (value) => typeof value === 'string' && value !== '',
  },
  threads: wholeNumber(1, MAX_THREADS),
  cacheSize: wholeNumber(1),
  maxSessionBytes: wholeNumber(0),
  maxPending: wholeNumber(1),
  maxPooledBytes: wholeNumber(0),
};

/** @throws OpenvinoBackendError `options` for an unknown option, or a value that does not fit. */
export function checkOptions(options: OpenvinoBackendOptions): void {
  const fault = optionsFault('createOpenvinoBackend', options, CHECKS);
  if (fault !== undefined) throw new OpenvinoBackendError('options', fault);
}

/** The default of `threads`: the number of cores that this process may use. */
export const defaultThreads = (): number => availableParallelism();
