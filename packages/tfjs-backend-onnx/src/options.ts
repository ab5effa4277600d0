import { availableParallelism, totalmem } from 'node:os';
import type { Checks } from './checks';
import { checkOptions, oneOf, text, wholeNumber } from './checks';
import type { Provider } from './providers';
import { PROVIDERS } from './providers';

export interface OnnxBackendOptions {
  /** ONNX Runtime's execution provider. Default `cpu`. */
  provider?: Provider;
  /** Number of threads of ONNX Runtime. Default: the number of cores that this process may use. */
  threads?: number;
  /**
   * Maximum number of compiled graphs that are kept, at least 1; the least recently used is dropped
   * first. Default 64.
   */
  cacheSize?: number;
  /**
   * Maximum number of bytes that compiled graphs keep between runs, by estimate; the least recently
   * used graph is dropped first. Default: an eighth of the machine's memory.
   */
  maxSessionBytes?: number;
  /**
   * Number of pending operators at which the graph runs although nothing is read. Default 20,000.
   */
  maxPending?: number;
  /** Maximum number of bytes of disposed tensors that are kept for reuse. Default 1 GiB. */
  maxPooledBytes?: number;
  /**
   * Path prefix of ONNX Runtime's profile files, one for each compiled graph. Default: no profiles.
   */
  profile?: string;
}

export interface ResolvedOptions extends Required<Omit<OnnxBackendOptions, 'profile'>> {
  readonly profile: string | null;
}

const BYTES = wholeNumber(0);
/** A larger number is a mistake, and would exhaust the machine. */
const MAX_THREADS = 1024;

const CHECKS: Checks<OnnxBackendOptions> = {
  provider: oneOf(PROVIDERS),
  threads: wholeNumber(1, MAX_THREADS),
  cacheSize: wholeNumber(1),
  maxSessionBytes: BYTES,
  maxPending: wholeNumber(1),
  maxPooledBytes: BYTES,
  profile: text('that begins a path', (prefix) => prefix !== ''),
};

/** @throws OnnxBackendError `options` for an unknown or wrong option. */
export function resolveOptions(options: OnnxBackendOptions): ResolvedOptions {
  checkOptions('createOnnxBackend', options, CHECKS);
  return {
    provider: options.provider ?? 'cpu',
    threads: options.threads ?? availableParallelism(),
    cacheSize: options.cacheSize ?? 64,
    maxSessionBytes: options.maxSessionBytes ?? Math.floor(totalmem() / 8),
    maxPending: options.maxPending ?? 20_000,
    maxPooledBytes: options.maxPooledBytes ?? 2 ** 30,
    profile: options.profile ?? null,
  };
}
