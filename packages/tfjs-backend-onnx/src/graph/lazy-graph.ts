import type { Buffer, Executor, Program } from '../execution/executor';
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

/** A pending graph of as many operators is run when the program awaits something. */
const MIN_TURN = 100;
/** Bytes written from JS that a pending graph may hold before it is run. */
const MAX_PENDING_BYTES = 2 ** 30;

export interface GraphLimits extends CacheLimits {
  /** Operators that may wait before they are run without being asked for. */
  readonly maxPending: number;
}

/** The graph that grows while tfjs runs kernels, and when which part of it is computed. */
export class LazyGraph {
  readonly recording = new Recording();
  readonly values: ValueTable;
  private readonly programs: ProgramCache;
  /** By pending operator, the value that tensors hold. */
  private readonly promises = new Map<Node, Value>();
  /** By node, its latest view in another shape: the same one each time while it is pending. */
  private readonly views = new Map<Node, Node>();
  private pendingBytes = 0;
  private turnIsDue = false;
  /** True from a run of everything that failed until one that does not. */
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

  /** The value as an operand, in the shape in which it is seen. */
  nodeOf(value: Value, shape: readonly number[]): Node {
    this.refuseEscaped(value);
    const { node } = value;
    if (sameShape(node.shape, shape)) return node;
    const known = this.views.get(node);
    if (known !== undefined && sameShape(known.shape, shape)) return known;
    // No operator is needed for numbers in memory: they enter the graph in this shape.
    const view =
      node.op === '@leaf' ? this.values.view(node, shape) : this.recording.reshape(node, shape);
    this.views.set(node, view);
    return view;
  }

  /** A value of numbers that came from outside; the array is taken over. */
  write(array: Values, shape: readonly number[], dtype: ElementType): Value {
    this.pendingBytes += array.byteLength;
    return this.values.write(array, { shape, dtype, trace: this.recording.trace }, true);
  }

  /** Numbers a kernel knows while it records; built into the graph as long as they stay the same. */
  constant(array: Values, shape: readonly number[], dtype: ElementType): Node {
    const shown = { shape, dtype, trace: this.recording.trace };
    const value = this.values.write(array, shown, false);
    value.isConstant = true;
    return value.node;
  }

  /** The numbers of a leaf if they are known by now and lie in an array; else null. */
  known(node: Node): Values | null {
    if (node.op !== '@leaf') return null;
    const { buffer } = this.values.of(node);
    return buffer === null || buffer.isLost ? null : this.executor.peek(buffer);
  }

  /** The value, computed now if need be. */
  settled(value: Value): Value {
    this.computed(value);
    return value;
  }

  /** The value's numbers, computed now if need be. They still belong to the graph. */
  read(value: Value): Values {
    return this.executor.read(this.computed(value));
  }

  /** A copy of the numbers, without waiting for what the executor has under way. */
  readLater(value: Value): Promise<Values> {
    return this.executor.readLater(this.computed(value));
  }

  /** Called before each kernel: runs the pending graph when it has grown past its bound. */
  bound(): void {
    if (this.isTracing) return;
    this.awaitTurn();
    const { length } = this.recording.pending;
    if (length >= this.limits.maxPending || this.pendingBytes > MAX_PENDING_BYTES) this.flush();
  }

  /** Computes every value that is held. */
  flush(): void {
    this.refuseReading();
    // Once something has failed, nothing is written over what is needed to try again.
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
   * Calls `f` and returns its result with the operators it added to the graph, of which none is
   * run. What was pending before is run first.
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
   * Compiles a plan for the caller to keep, until `discard` or the end of the graph.
   * @param isConstant by leaf, whether its present numbers become constants of the program.
   */
  compile(plan: Plan, isConstant: readonly boolean[]): Program {
    const constants: Constants = plan.leaves.map((node, i) =>
      isConstant[i] === true ? this.read(this.values.of(node)) : null,
    );
    return this.programs.lend(plan, constants);
  }

  discard(program: Program): void {
    this.programs.discard(program);
  }

  /**
   * Runs a compiled plan, whatever is pending first.
   * @param inputs gives its leaves' values, null for a constant.
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

  /**
   * A loop that awaits between its steps, but reads nothing, is run where it awaits: that cuts it
   * into graphs that are alike, where its bound would cut it anywhere.
   */
  private awaitTurn(): void {
    if (this.turnIsDue) return;
    this.turnIsDue = true;
    queueMicrotask(() => {
      this.turnIsDue = false;
      if (this.recording.pending.length < MIN_TURN || this.hasFailed || this.isTracing) return;
      try {
        this.flush();
      } catch {
        // Nobody has asked for these values yet; whoever does gets the error.
      }
    });
  }

  /** The value's buffer, computed now if need be. */
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

  /** Another value's operator may be at fault: this one alone may still work. */
  private computeAlone(value: Value, failure: unknown): void {
    const { node } = value;
    try {
      this.compute([value], false);
    } catch {
      throw failure;
    }
    // The others are computed from its numbers from here on.
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
    wanted.forEach((value, i) => this.values.settle(value, buffers[i] as Buffer));
  }

  private forget(): void {
    this.recording.take();
    this.promises.clear();
    this.views.clear();
    this.pendingBytes = 0;
  }

  private refuseEscaped({ buffer, node: { trace } }: Value): void {
    if (buffer === null && trace !== null && trace !== this.recording.trace) throw escaped();
  }

  private refuseReading(): void {
    if (this.isTracing) throw readWhileTraced();
  }
}
