import type { OnnxBackendOptions } from '@crossweave/tfjs-backend-onnx';
import { oneOf, optionsFault, wholeNumber, type Checks } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from './errors';
import type { Precision } from './lowering/precision';
import { PRECISIONS } from './lowering/precision';
import type { Platform } from './plugins/wheels';
import { PLATFORMS } from './plugins/wheels';

export interface XlaBackendOptions extends Pick<
  OnnxBackendOptions,
  'cacheSize' | 'maxSessionBytes' | 'maxPending'
> {
  /** What to compute on. Default `cpu`. */
  platform?: Platform;
  /**
   * The library of a PJRT plugin for that platform. Default: the one that the environment's
   * `CROSSWEAVE_PJRT` names, or of a package in an activated Python environment.
   */
  plugin?: string;
  /** How many devices compute together: inputs that are split have a part on each. Default 1. */
  devices?: number;
  /**
   * The numbers that products and convolutions take; their sums and everything else are float32.
   * `bf16`: operands are rounded to 8 bits of significand. `tf32`: to 11, by GPUs of NVIDIA alone,
   * so for the platform `cuda`. Default `float32`.
   */
  precision?: Precision;
  /**
   * The folder in which compiled programs of 20,000 characters and more are kept for other processes,
   * at most 1 GiB, or null for none. Default: `crossweave/xla` in the user's folder for caches
   * (`XDG_CACHE_HOME`, `~/.cache`).
   */
  programFolder?: string | null;
}

/** A larger number is a mistake. */
const MAX_DEVICES = 1024;

const CHECKS: Checks<XlaBackendOptions> = {
  platform: oneOf(PLATFORMS),
  plugin: {
    expected: "the path of a plugin's library",
    accepts: (value) => typeof value === 'string' && value !== '',
  },
  devices: wholeNumber(1, MAX_DEVICES),
  precision: oneOf(PRECISIONS),
  programFolder: {
    expected: 'the path of a folder, or null',
    accepts: (value) => value === null || (typeof value === 'string' && value !== ''),
  },
  cacheSize: wholeNumber(1),
  maxSessionBytes: wholeNumber(0),
  maxPending: wholeNumber(1),
};

/** @throws XlaBackendError `options` for an unknown option, or a value that does not fit. */
export function checkOptions(options: XlaBackendOptions): void {
  const fault = optionsFault('createXlaBackend', options, CHECKS);
  if (fault !== undefined) {
    throw new XlaBackendError('options', fault, undefined, {
      advice: 'Change it or leave it out.',
    });
  }
  const { platform = 'cpu', precision } = options;
  if (precision === 'tf32' && platform !== 'cuda') {
    throw new XlaBackendError(
      'options',
      `createXlaBackend: precision "tf32" is for the platform cuda; got ${platform}, which has no ` +
        'such products.',
      undefined,
      { advice: 'Use "float32" or "bf16".' },
    );
  }
}
