import type { Buffer, CompileHints, Executor, Program } from '../execution/executor';
import type { CacheLimits, Constants, ExecutorStatistics } from '../execution/program-cache';
import { ProgramCache } from '../execution/program-cache';
import { CompileAhead, areConstant } from './compile-ahead';
import { launch, lostValues, removed } from './launch';
import type { Node } from './node';
import type { Plan } from './plan';
import { PendingValues, pendingFor, type Pending } from './pending-values';
import { Recording } from './recording';
import { replaceInput } from './replace-input';
import { escaped, readWhileTraced } from './trace-errors';
import { MIN_TURN, Turn } from './turn';
import type { ElementType, Values } from './types';
import type { Value } from './value';
import { ValueTable } from './value-table';
import { Views } from './views';

/** Bytes of arrays from JavaScript that a pending graph may hold before it runs. */
const MAX_PENDING_BYTES = 2 ** 30;

export interface GraphLimits extends CacheLimits {
  /** Number of pending operators at which the graph runs although nothing is read. */
  readonly maxPending: number;
}

/** The graph to which tfjs kernels add operators. It decides when which part is computed. */
export class LazyGraph {
  readonly recording = new Recording();
  readonly values: ValueTable;
  private readonly programs: ProgramCache;
  private readonly promises = new PendingValues();
  private readonly views: Views;
  private pendingBytes = 0;
  private readonly turn = new Turn(() => {
    const isShort = this.recording.pending.length < MIN_TURN;
    if (isShort || this.hasFailed || this.isTracing || this.ahead.isCompiling) return;
    this.flush();
  });
  /** Whether the latest run of the whole graph failed. */
  private hasFailed = false;
  private readonly ahead: CompileAhead;
  private isDisposed = false;

  constructor(
    private readonly executor: Executor,
    private readonly limits: GraphLimits,
  ) {
    this.values = new ValueTable(executor);
    this.views = new Views(this.values, this.recording);
    this.programs = new ProgramCache(executor, limits);
    this.ahead = new CompileAhead(executor, this.programs);
  }

  get statistics(): Readonly<ExecutorStatistics> {
    return this.programs.statistics;
  }

  get programCount(): number {
    return this.programs.size;
  }

  get isTracing(): boolean {
    return this.recording.trace !== null;
  }

  /** The value of an operator or a leaf, for tensors to hold. */
  valueOf(node: Node): Value {
    return node.isLeaf ? this.values.of(node) : this.promises.of(node);
  }

  /** The value as an operand, in the given shape. */
  nodeOf(value: Value, shape: readonly number[]): Node {
    this.refuseEscaped(value);
    return this.views.of(value.node, shape);
  }

  /** An array of any contents, for `write` to take: a batch gets the memory of the last. */
  allocate(dtype: ElementType, length: number): Values {
    // A pending operator may still read a value without holders.
    if (this.recording.pending.length === 0 && !this.isTracing) this.values.recycle();
    return this.executor.allocate(dtype, length);
  }

  /** Makes a value of an array from JavaScript, which belongs to the value afterwards. */
  write(array: Values, shape: readonly number[], dtype: ElementType): Value {
    this.pendingBytes += array.byteLength;
    return this.values.write(array, { shape, dtype, trace: this.recording.trace }, true);
  }

  /**
   * Numbers that a kernel knows when it is called. They are constants of the compiled graph until
   * they change.
   */
  constant(array: Values, shape: readonly number[], dtype: ElementType): Node {
    const shown = { shape, dtype, trace: this.recording.trace };
    const value = this.values.write(array, shown, false);
    value.isConstant = true;
    return value.node;
  }

  /** The numbers of a leaf if they are known and in an array, else null. */
  known(node: Node): Values | null {
    if (node.op !== '@leaf') return null;
    const { buffer } = this.values.of(node);
    return buffer === null || buffer.isLost ? null : this.executor.peek(buffer);
  }

  /** The value, after computing it if needed. */
  ensureComputed(value: Value): Value {
    this.computed(value);
    return value;
  }

  /**
   * The numbers of the value, after computing it if needed. The array still belongs to the graph.
   */
  read(value: Value): Values {
    return this.executor.read(this.computed(value));
  }

  /**
   * A copy of the numbers. JavaScript goes on until they are computed, and until what computes them is
   * compiled, where the executor can do that.
   */
  readLater(value: Value): Promise<Values> {
    const { executor } = this;
    const pending = value.buffer === null && !this.isTracing ? this.held() : null;
    const compiled =
      pending === null ? undefined : this.ahead.compile(pending.plan, this.inputsOf(pending.plan));
    if (compiled === undefined) return executor.readLater(this.computed(value, pending));
    this.values.hold(value);
    return compiled.then(() => {
      try {
        return executor.readLater(this.computed(value));
      } finally {
        this.values.release(value);
      }
    });
  }

  /** Called before each kernel: runs the pending graph if it has too many operators or bytes. */
  bound(): void {
    if (this.isTracing) return;
    this.turn.await();
    const { length } = this.recording.pending;
    if (length >= this.limits.maxPending || this.pendingBytes > MAX_PENDING_BYTES) this.flush();
  }

  /** Computes every value that is held. @param pending what that is, where it is known. */
  flush(pending: Pending | null = null): void {
    if (this.isTracing) throw readWhileTraced();
    // After a failure, no memory is overwritten that a further attempt needs.
    const mayOverwrite = !this.hasFailed;
    this.hasFailed = true;
    this.compute(pending ?? this.held(), mayOverwrite);
    this.hasFailed = false;
    this.forget();
    this.values.recycle();
  }

  /** Waits until everything that was started is computed. */
  finish(): void {
    this.flush();
    this.executor.finish();
  }

  /**
   * Calls `f`, and returns its result and the operators that it added to the graph, without running
   * them. Operators that were pending before run first.
   */
  traced<T>(f: () => T): { readonly result: T; readonly nodes: readonly Node[] } {
    this.flush();
    this.recording.begin();
    try {
      return { result: f(), nodes: this.recording.pending };
    } finally {
      this.recording.end();
      this.forget();
    }
  }

  /**
   * Compiles a plan. The program belongs to the caller, until `discard` or the end of the graph.
   * @param isConstant for each leaf, whether its current numbers become constants of the program.
   */
  compile(plan: Plan, isConstant: readonly boolean[], hints?: CompileHints): Program {
    return this.programs.lend(plan, this.constantsOf(plan, isConstant), hints);
  }

  /** Whether {@link prepare} does something. */
  get canPrepare(): boolean {
    return this.executor.prepare !== undefined;
  }

  /**
   * Compiles a plan while JavaScript goes on, for `compile` and `run` to take.
   * @param inputs the values of the plan's leaves, as far as they are there.
   */
  async prepare(
    plan: Plan,
    isConstant: readonly boolean[],
    inputs: readonly (Value | null)[],
  ): Promise<void> {
    const buffers = inputs.map((value) => value?.buffer ?? null);
    await this.executor.prepare?.(plan, this.constantsOf(plan, isConstant), buffers);
  }

  discard(program: Program): void {
    this.programs.discard(program);
  }

  /**
   * Runs the pending operators, then a compiled plan. @param inputs gives the values of the plan's
   * leaves, null for a constant.
   */
  run(program: Program, plan: Plan, inputs: () => readonly (Value | null)[]): Value[] {
    this.flush();
    const buffers = launch(inputs(), true, (given, donated) =>
      this.programs.runLent(program, given, donated),
    );
    return plan.outputs.map((output, i) => this.values.computed(buffers[i] as Buffer, output));
  }

  dispose(): void {
    this.isDisposed = true;
    this.programs.dispose();
    this.forget();
    this.values.clear();
    this.executor.dispose();
  }

  /** The buffer of the value, after computing it if needed. @param pending see `flush`. */
  private computed(value: Value, pending: Pending | null = null): Buffer {
    this.refuseEscaped(value);
    if (value.buffer === null) {
      try {
        this.flush(pending);
      } catch (error) {
        this.computeAlone(value, error);
      }
    }
    if (this.isDisposed) throw removed();
    if (value.buffer === null || value.buffer.isLost) throw lostValues();
    return value.buffer;
  }

  /** Computes only this value, since the failure may come from the operator of a different one. */
  private computeAlone(value: Value, failure: unknown): void {
    const { node } = value;
    try {
      this.compute(pendingFor(this.recording.pending, [value]), false);
    } catch {
      throw failure;
    }
    // Other pending operators now start from its numbers.
    const { operators, moved } = replaceInput(this.recording.pending, node, value.node);
    this.recording.replace(operators);
    this.promises.move(node, moved);
    this.views.clear();
  }

  /** What is to be computed for every value that is held. */
  private held(): Pending {
    return pendingFor(this.recording.pending, this.promises.held());
  }

  private compute({ wanted, plan }: Pending, mayOverwrite: boolean): void {
    if (wanted.length === 0) return;
    const inputs = this.inputsOf(plan);
    const buffers = launch(inputs, mayOverwrite, (given, donated) => {
      const cached = this.programs.find(plan, given, areConstant(inputs));
      return this.programs.run(cached, given, cached.hasRun ? donated : donated.map(() => false));
    });
    wanted.forEach((value, i) => this.values.setBuffer(value, buffers[i] as Buffer));
  }

  private inputsOf({ leaves }: Plan): Value[] {
    return leaves.map((node) => this.values.of(node));
  }

  private constantsOf(plan: Plan, isConstant: readonly boolean[]): Constants {
    return plan.leaves.map((node, i) =>
      isConstant[i] === true ? this.read(this.values.of(node)) : null,
    );
  }

  private forget(): void {
    this.recording.take();
    this.promises.clear();
    this.views.clear();
    this.pendingBytes = 0;
  }

  private refuseEscaped(value: Value): void {
    const trace = value.buffer === null ? value.node.trace : null;
    if (trace !== null && trace !== this.recording.trace) throw escaped();
  }
}
