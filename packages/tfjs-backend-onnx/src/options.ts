import { availableParallelism, totalmem } from 'node:os';
import type { Checks } from './checks';
import { checkOptions, oneOf, text, wholeNumber } from './checks';
import type { Provider } from './providers';
import { PROVIDERS } from './providers';

export interface OnnxBackendOptions {
  /** What ONNX Runtime computes with. Default `cpu`. */
  provider?: Provider;
  /** Threads ONNX Runtime computes with. Default: as many as the machine offers this process. */
  threads?: number;
  /** Compiled graphs kept, at least 1. Default 64; the least recently used goes first. */
  cacheSize?: number;
  /**
   * Bytes that compiled graphs may keep between runs, by estimate; the least recently used goes
   * first. Default: an eighth of the machine's memory.
   */
  maxSessionBytes?: number;
  /** Operators that may wait before they are run without being asked for. Default 20,000. */
  maxPending?: number;
  /** Bytes of dead tensors kept for reuse. Default 1 GiB. */
  maxPooledBytes?: number;
  /** Path prefix for ONNX Runtime's profiles, one file per compiled graph. Default: none. */
  profile?: string;
}

export interface ResolvedOptions extends Required<Omit<OnnxBackendOptions, 'profile'>> {
  readonly profile: string | null;
}

const BYTES = wholeNumber(0);
/** More threads than any machine has are a slip, and would exhaust it. */
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

/** @throws OnnxBackendError `options` for one that is not there or out of its range. */
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
