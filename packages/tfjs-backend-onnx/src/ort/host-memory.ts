import type { Values } from '../graph/types';
import type { Provider } from '../providers';
import { HostBuffer } from './host-buffer';
import type { Memory, OrtBuffer, Slot } from './memory';
import type { ArrayPool } from './pool';
import { noFetches, runInto } from './run-into';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';

/** JavaScript arrays, which sessions read and fill in place. */
export class HostMemory implements Memory {
  readonly intoArrays = true;
  readonly deviceBytes = 0;

  constructor(
    private readonly provider: Exclude<Provider, 'webgpu'>,
    private readonly pool: ArrayPool,
  ) {}

  sessionOptions(): Readonly<Record<string, unknown>> {
    // Errors are thrown, so ONNX Runtime need not also log them to stderr.
    return { executionProviders: [this.provider], logSeverityLevel: 4 };
  }

  input(buffer: OrtBuffer, shape: readonly number[]): RuntimeTensor {
    return buffer.shaped(shape);
  }

  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
    arrays: readonly (Values | null)[],
  ): HostBuffer[] {
    const { Tensor } = loadRuntime();
    const fetches = noFetches();
    const results = outputs.map(({ name, dtype, shape, size }, i) => {
      const array = arrays[i] ?? this.pool.take(dtype, size);
      const tensor = new Tensor(dtype, array, shape);
      fetches[name] = tensor;
      return new HostBuffer(array, dtype, tensor);
    });
    runInto(session, feeds, fetches);
    return results;
  }

  finish(): void {
    // Nothing to wait for: a session returns after the computation.
  }

  read(buffer: OrtBuffer): Values {
    return (buffer as HostBuffer).array;
  }

  free(buffer: OrtBuffer): void {
    this.pool.give(buffer.dtype, (buffer as HostBuffer).array);
  }

  close(session: NativeSession): void {
    session.dispose();
  }

  dispose(): void {
    this.pool.clear();
  }
}
