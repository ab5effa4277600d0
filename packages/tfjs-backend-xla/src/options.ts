import type { OnnxBackendOptions } from '@crossweave/tfjs-backend-onnx';
import { oneOf, optionsFault, wholeNumber, type Checks } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from './errors';
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
}

const CHECKS: Checks<XlaBackendOptions> = {
  platform: oneOf(PLATFORMS),
  plugin: {
    expected: "the path of a plugin's library",
    accepts: (value) => typeof value === 'string' && value !== '',
  },
  cacheSize: wholeNumber(1),
  maxSessionBytes: wholeNumber(0),
  maxPending: wholeNumber(1),
};

/** @throws XlaBackendError `options` for an unknown option, or a value that does not fit. */
export function checkOptions(options: XlaBackendOptions): void {
  const fault = optionsFault('createXlaBackend', options, CHECKS);
  if (fault !== undefined) throw new XlaBackendError('options', fault);
}
