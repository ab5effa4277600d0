import type { Buffer, Executor, Program } from '../src/execution/executor';
import type { Constants } from '../src/execution/program-cache';
import type { Plan } from '../src/graph/plan';
import type { ElementType, Values } from '../src/graph/types';
import { emptyValues } from '../src/graph/types';
import type { Numbers } from './reference-ops';
import { REFERENCE_OPS } from './reference-ops';

/** Numbers that are there once somebody waits for them, as on a device. */
class LateBuffer implements Buffer {
  isLost = false;
  readonly byteLength: number;
  private numbers: Values | null = null;

  constructor(
    readonly dtype: ElementType,
    readonly length: number,
    private readonly compute: () => Values,
    /** What was written from JavaScript. */
    readonly written: Values | null,
  ) {
    this.byteLength = length * (dtype === 'bool' ? 1 : 4);
  }

  /** @throws what the computation throws; it is tried again next time. */
  wait(): Values {
    return (this.numbers ??= this.compute());
  }
}

function own(buffer: Buffer): LateBuffer {
  if (buffer instanceof LateBuffer) return buffer;
  throw new Error('The buffer is of another executor.');
}

/**
 * An executor beside ONNX Runtime's: it computes by the definitions of the operators, only when a
 * result is waited for, takes every input that is donated, and counts what it is asked to do.
 */
export class ReferenceExecutor implements Executor {
  readonly pooledBytes = 0;
  readonly counts = { compiled: 0, disposed: 0, runs: 0, donated: 0, computed: 0 };
  /** Buffers handed out and not taken back. */
  readonly live = new Set<Buffer>();
  /** What the next operator that is computed throws. */
  failure: Error | null = null;

  get deviceBytes(): number {
    return [...this.live].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  compile(plan: Plan, constants: Constants): Program {
    this.counts.compiled++;
    const builtIn = constants.map((values) => values?.slice() ?? null);
    return {
      bytes: plan.nodes.length,
      run: (inputs, donated) => this.run(plan, builtIn, inputs, donated),
      dispose: () => {
        this.counts.disposed++;
      },
    };
  }

  allocate(dtype: ElementType, length: number): Values {
    return emptyValues(dtype, length);
  }

  adopt(values: Values, dtype: ElementType): Buffer {
    return this.hand(dtype, values.length, () => values, values);
  }

  read(buffer: Buffer): Values {
    if (buffer.isLost) throw new Error('A buffer was read whose memory was taken.');
    return own(buffer).wait();
  }

  async readLater(buffer: Buffer): Promise<Values> {
    if (buffer.isLost) throw new Error('A buffer was read whose memory was taken.');
    await Promise.resolve();
    return own(buffer).wait().slice();
  }

  peek(buffer: Buffer): Values | null {
    return own(buffer).written;
  }

  free(buffer: Buffer): void {
    this.live.delete(buffer);
  }

  finish(): void {
    for (const buffer of this.live) own(buffer).wait();
  }

  dispose(): void {
    this.live.clear();
  }

  private hand(
    dtype: ElementType,
    length: number,
    compute: () => Values,
    written: Values | null = null,
  ): LateBuffer {
    const buffer = new LateBuffer(dtype, length, compute, written);
    this.live.add(buffer);
    return buffer;
  }

  private run(
    plan: Plan,
    constants: Constants,
    inputs: readonly (Buffer | null)[],
    donated: readonly boolean[],
  ): Buffer[] {
    this.counts.runs++;
    const given = plan.leaves.map((leaf, i) => {
      const buffer = inputs[i] ?? null;
      if (constants[i] !== null || buffer === null) return null;
      if (buffer.dtype !== leaf.dtype || buffer.length !== leaf.size || buffer.isLost) {
        throw new Error(`Input ${i} is not what was compiled for.`);
      }
      return own(buffer);
    });
    given.forEach((buffer, i) => {
      if (donated[i] !== true || buffer === null) return;
      this.counts.donated++;
      buffer.isLost = true;
      this.live.delete(buffer);
    });
    let all: readonly Numbers[] | null = null;
    const outputs = (): readonly Numbers[] =>
      (all ??= this.compute(
        plan,
        plan.leaves.map((_, i) => constants[i] ?? (given[i] as LateBuffer).wait()),
      ));
    return plan.outputs.map(({ dtype, size }, i) =>
      this.hand(dtype, size, () => {
        const values = emptyValues(dtype, size);
        values.set(Array.from((outputs()[i] as Numbers).values));
        return values;
      }),
    );
  }

  private compute(plan: Plan, leaves: readonly ArrayLike<number>[]): readonly Numbers[] {
    const known = new Map<unknown, Numbers>();
    plan.leaves.forEach((leaf, i) => {
      known.set(leaf, { shape: leaf.shape, values: leaves[i] as ArrayLike<number> });
    });
    for (const node of plan.nodes) {
      if (this.failure !== null) throw this.failure;
      const op = REFERENCE_OPS[node.op];
      if (op === undefined) throw new Error(`There is no reference for ${node.op}.`);
      this.counts.computed++;
      const operands = node.inputs.map((input) => known.get(input) as Numbers);
      known.set(node, { shape: node.shape, values: op(node, operands) });
    }
    return plan.outputs.map((output) => known.get(output) as Numbers);
  }
}
