import type { OnnxBackendOptions } from '@crossweave/tfjs-backend-onnx';
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

type Key = keyof XlaBackendOptions;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

const CHECKS: Readonly<Record<Key, readonly [string, (value: unknown) => boolean]>> = {
  platform: [
    PLATFORMS.map((name) => `"${name}"`).join(' | '),
    (value) => PLATFORMS.some((name) => name === value),
  ],
  plugin: ["the path of a plugin's library", (value) => typeof value === 'string' && value !== ''],
  cacheSize: ['a whole number of at least 1', isCount],
  maxSessionBytes: ['a whole number of at least 0', (value) => value === 0 || isCount(value)],
  maxPending: ['a whole number of at least 1', isCount],
};

/** @throws XlaBackendError `options` for one that is not there or out of its range. */
export function checkOptions(options: XlaBackendOptions): void {
  const fail = (message: string): never => {
    throw new XlaBackendError('options', `createXlaBackend: ${message}.`);
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
