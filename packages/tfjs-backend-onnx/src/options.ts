import { availableParallelism, totalmem } from 'node:os';
import type { Provider } from './providers';
import { checkProvider } from './providers';

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

export function resolveOptions(options: OnnxBackendOptions): ResolvedOptions {
  const numbers = {
    threads: options.threads ?? availableParallelism(),
    cacheSize: options.cacheSize ?? 64,
    maxSessionBytes: options.maxSessionBytes ?? Math.floor(totalmem() / 8),
    maxPending: options.maxPending ?? 20_000,
    maxPooledBytes: options.maxPooledBytes ?? 2 ** 30,
  };
  for (const [name, value] of Object.entries(numbers)) {
    const least = name.endsWith('Bytes') ? 0 : 1;
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(
        `createOnnxBackend: ${name} must be an integer of at least ${least}, got ${value}.`,
      );
    }
  }
  const provider = checkProvider(options.provider ?? 'cpu');
  return { ...numbers, provider, profile: options.profile ?? null };
}
