import type { Node } from '../graph/node';
import type { ElementType, Values } from '../graph/types';
import { sameShape } from '../graph/types';
import { rules } from '../optimise/rules';
import type { BufferPool } from '../pool';
import type { Provider } from '../providers';
import { runInto } from '../run-into';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';
import type { Result, Slot, Store, Stored } from './store';

/** Values in JavaScript arrays, which sessions read and fill in place. */
export class HostStore implements Store {
  readonly intoArrays = true;
  readonly rules = rules;
  readonly deviceBytes = 0;

  constructor(
    private readonly provider: Exclude<Provider, 'webgpu'>,
    private readonly pool: BufferPool,
  ) {}

  sessionOptions(): Readonly<Record<string, unknown>> {
    // What fails is thrown, and need not be written to stderr as well.
    return { executionProviders: [this.provider], logSeverityLevel: 4 };
  }

  /** Wrapped once if the shape is the node's own. */
  input(node: Node, shape: readonly number[]): RuntimeTensor {
    const { Tensor } = loadRuntime();
    const values = node.values as Values;
    if (!sameShape(node.shape, shape)) return new Tensor(node.dtype, values, shape);
    node.tensor ??= new Tensor(node.dtype, values, shape);
    return node.tensor;
  }

  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
    arrays: readonly (Stored | null)[],
  ): Result[] {
    const { Tensor } = loadRuntime();
    const fetches: Record<string, RuntimeTensor> = {};
    const results = outputs.map(({ name, dtype, shape, size }, i) => {
      const values = (arrays[i] as Values | null) ?? this.pool.take(dtype, size);
      const tensor = new Tensor(dtype, values, shape);
      fetches[name] = tensor;
      return { values, tensor };
    });
    runInto(session, feeds, fetches);
    return results;
  }

  finish(): void {
    // A session returns when its results are there.
  }

  read(values: Stored): Values {
    return values as Values;
  }

  give(dtype: ElementType, values: Stored): void {
    this.pool.give(dtype, values as Values);
  }

  close(session: NativeSession): void {
    session.dispose();
  }

  dispose(): void {
    this.pool.clear();
  }
}
