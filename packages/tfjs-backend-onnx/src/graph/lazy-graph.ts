import type { Buffer, CompileHints, Executor, Program } from '../execution/executor';
import type { CacheLimits, Constants, ExecutorStatistics } from '../execution/program-cache';
import { ProgramCache } from '../execution/program-cache';
import { launch, lostValues } from './launch';
import type { Node } from './node';
import type { Plan } from './plan';
import { makePlan } from './plan';
import { Recording } from './recording';
import { replaceInput } from './replace-input';
import { escaped, readWhileTraced } from './trace-errors';
import type { ElementType, Values } from './types';
import { sameShape } from './types';
import { Value } from './value';
import { ValueTable } from './value-table';
import { MIN_TURN, Turn } from './turn';

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
  /** The value of each pending operator that tensors hold. */
  private readonly promises = new Map<Node, Value>();
  /**
   * The latest view of each node in a different shape, so that a pending view is made only once.
   */
  private readonly views = new Map<Node, Node>();
  private pendingBytes = 0;
  private readonly turn = new Turn(() => {
    const isShort = this.recording.pending.length < MIN_TURN;
    if (!isShort && !this.hasFailed && !this.isTracing) this.flush();
  });
  /** Whether the latest run of the whole graph failed. */
  private hasFailed = false;

  constructor(
    private readonly executor: Executor,
    private readonly limits: GraphLimits,
  ) {
    this.values = new ValueTable(executor);
    this.programs = new ProgramCache(executor, limits);
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
    if (node.isLeaf) return this.values.of(node);
    let promise = this.promises.get(node);
    if (promise === undefined) {
      promise = new Value(node, true);
      this.promises.set(node, promise);
    }
    return promise;
  }

  /** The value as an operand, in the given shape. */
  nodeOf(value: Value, shape: readonly number[]): Node {
    this.refuseEscaped(value);
    const { node } = value;
    if (sameShape(node.shape, shape)) return node;
    const known = this.views.get(node);
    if (known !== undefined && sameShape(known.shape, shape)) return known;
    // Numbers in memory need no Reshape: they enter the graph in this shape.
    const view =
      node.op === '@leaf' ? this.values.view(node, shape) : this.recording.reshape(node, shape);
    this.views.set(node, view);
    return view;
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

  /** A copy of the numbers, without blocking until the executor has finished. */
  readLater(value: Value): Promise<Values> {
    return this.executor.readLater(this.computed(value));
  }

  /** Called before each kernel: runs the pending graph if it has too many operators or bytes. */
  bound(): void {
    if (this.isTracing) return;
    this.turn.await();
    const { length } = this.recording.pending;
    if (length >= this.limits.maxPending || this.pendingBytes > MAX_PENDING_BYTES) this.flush();
  }

  /** Computes every value that is held. */
  flush(): void {
    this.refuseReading();
    // After a failure, no memory is overwritten that a further attempt needs.
    const mayOverwrite = !this.hasFailed;
    this.hasFailed = true;
    const wanted = [...this.promises.values()].filter(({ holders }) => holders > 0);
    this.compute(wanted, mayOverwrite);
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

  /** Compiles a plan while JavaScript goes on, for `compile` to take. */
  async prepare(plan: Plan, isConstant: readonly boolean[]): Promise<void> {
    await this.executor.prepare?.(plan, this.constantsOf(plan, isConstant));
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
    this.programs.dispose();
    this.forget();
    this.values.clear();
    this.executor.dispose();
  }

  /** The buffer of the value, after computing it if needed. */
  private computed(value: Value): Buffer {
    this.refuseEscaped(value);
    if (value.buffer === null) {
      try {
        this.flush();
      } catch (error) {
        this.computeAlone(value, error);
      }
    }
    if (value.buffer === null || value.buffer.isLost) throw lostValues();
    return value.buffer;
  }

  /**
   * Computes only this value, since the failure may come from the operator of a different value.
   */
  private computeAlone(value: Value, failure: unknown): void {
    const { node } = value;
    try {
      this.compute([value], false);
    } catch {
      throw failure;
    }
    // Other pending operators now start from its numbers.
    const { operators, moved } = replaceInput(this.recording.pending, node, value.node);
    this.recording.replace(operators);
    this.promises.delete(node);
    for (const [from, to] of moved) {
      const promise = this.promises.get(from);
      if (promise === undefined) continue;
      this.promises.delete(from);
      promise.node = to;
      this.promises.set(to, promise);
    }
    this.views.clear();
  }

  private compute(wanted: readonly Value[], mayOverwrite: boolean): void {
    if (wanted.length === 0) return;
    const plan = makePlan(
      this.recording.pending,
      wanted.map(({ node }) => node),
    );
    const inputs = plan.leaves.map((node) => this.values.of(node));
    const isConstant = inputs.map((value) => value.isConstant === true);
    const buffers = launch(inputs, mayOverwrite, (given, donated) => {
      const cached = this.programs.find(plan, given, isConstant);
      return this.programs.run(cached, given, cached.hasRun ? donated : donated.map(() => false));
    });
    wanted.forEach((value, i) => this.values.setBuffer(value, buffers[i] as Buffer));
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

  private refuseReading(): void {
    if (this.isTracing) throw readWhileTraced();
  }
}
