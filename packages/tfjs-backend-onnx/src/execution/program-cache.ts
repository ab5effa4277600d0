import { OnnxBackendError } from '../errors';
import type { Plan } from '../graph/plan';
import { sameKey } from '../graph/plan';
import type { Values } from '../graph/types';
import type { Buffer, CompileHints, Executor, Program } from './executor';

/**
 * After this many recompilations because a constant varied, every constant of the graph becomes an
 * input.
 */
const MAX_RECOMPILES = 4;

/** For each leaf, its numbers if it is a constant of the program, or null for an input. */
export type Constants = readonly (Values | null)[];

/** A program in the cache. */
export interface CachedProgram {
  readonly program: Program;
  /** Whether it has run without error once. A program that fails usually fails the first time. */
  readonly hasRun: boolean;
}

interface Entry extends CachedProgram {
  readonly key: Int32Array;
  program: Program;
  constants: Constants;
  recompiles: number;
  hasRun: boolean;
  readonly bytes: number;
}

export interface ExecutorStatistics {
  /** Numbers of sessions created, of these because a constant varied, and of graph runs. */
  compiles: number;
  recompiles: number;
  runs: number;
}

/** Maximum number of cached programs, and of the bytes that they keep. */
export interface CacheLimits {
  readonly cacheSize: number;
  readonly maxSessionBytes: number;
}

/** Compiles plans, caches the most recently used programs, and runs them. */
export class ProgramCache {
  private readonly cache = new Map<number, Entry[]>();
  private readonly order = new Set<Entry>();
  private bytes = 0;
  /** Programs that belong to callers. */
  private readonly lent = new Set<Program>();
  readonly statistics: ExecutorStatistics = { compiles: 0, recompiles: 0, runs: 0 };

  constructor(
    private readonly executor: Executor,
    private readonly limits: CacheLimits,
  ) {}

  get size(): number {
    return this.order.size;
  }

  /** Whether the plan is compiled, perhaps with other constants. */
  has(plan: Plan): boolean {
    return this.known(plan) !== undefined;
  }

  /** What a plan is compiled with by `find`. Copies, because these arrays are reused. */
  constantsOf(inputs: readonly (Buffer | null)[], isConstant: readonly boolean[]): Constants {
    return inputs.map((buffer, i) =>
      isConstant[i] === true && buffer !== null
        ? (this.executor.peek(buffer)?.slice() ?? null)
        : null,
    );
  }

  /**
   * The program of a plan, which is compiled if it is not in the cache. @param inputs the inputs of
   * this run. @param isConstant for each leaf, whether its numbers are probably always the same, so
   * that they become constants. If they turn out to differ, the leaf becomes an input and the plan
   * is compiled again.
   */
  find(plan: Plan, inputs: readonly Buffer[], isConstant: readonly boolean[]): CachedProgram {
    const found = this.known(plan);
    if (found === undefined) return this.add(plan, this.constantsOf(inputs, isConstant));
    this.order.delete(found);
    this.order.add(found);
    this.promote(found, plan, (i) => this.executor.peek(inputs[i] as Buffer));
    return found;
  }

  /** Runs a cached program. */
  run(cached: CachedProgram, inputs: readonly Buffer[], donated: readonly boolean[]): Buffer[] {
    const outputs = this.runLent(cached.program, inputs, donated);
    // Every cached program is an entry.
    (cached as Entry).hasRun = true;
    return outputs;
  }

  /** Compiles a program that belongs to the caller, until `discard` or the end of the cache. */
  lend(plan: Plan, constants: Constants, hints: CompileHints = {}): Program {
    const program = this.compile(plan, constants, hints);
    this.lent.add(program);
    return program;
  }

  /** Runs a program that belongs to a caller. */
  runLent(
    program: Program,
    inputs: readonly (Buffer | null)[],
    donated: readonly boolean[],
  ): Buffer[] {
    const outputs = program.run(inputs, donated);
    this.statistics.runs++;
    return outputs;
  }

  discard(program: Program): void {
    if (this.lent.delete(program)) program.dispose();
  }

  dispose(): void {
    for (const { program } of this.order) program.dispose();
    for (const program of this.lent) program.dispose();
    this.lent.clear();
    this.order.clear();
    this.cache.clear();
    this.bytes = 0;
  }

  private known(plan: Plan): Entry | undefined {
    return this.cache.get(plan.hash)?.find((entry) => sameKey(entry.key, plan.key));
  }

  private compile(plan: Plan, constants: Constants, hints: CompileHints = {}): Program {
    const program = this.executor.compile(plan, constants, hints);
    this.statistics.compiles++;
    return program;
  }

  private add(plan: Plan, constants: Constants): Entry {
    const program = this.compile(plan, constants);
    const { bytes } = program;
    const entry = { key: plan.key, program, constants, recompiles: 0, hasRun: false, bytes };
    const bucket = this.cache.get(plan.hash);
    if (bucket === undefined) this.cache.set(plan.hash, [entry]);
    else bucket.push(entry);
    this.order.add(entry);
    this.bytes += bytes;
    while (this.isFull()) this.evict();
    return entry;
  }

  private promote(entry: Entry, plan: Plan, now: (i: number) => Values | null): void {
    const varied = entry.constants.map(
      (values, i) => values !== null && !equalValues(values, now(i)),
    );
    if (!varied.includes(true)) return;
    const all = entry.recompiles >= MAX_RECOMPILES;
    const constants = entry.constants.map((values, i) =>
      all || varied[i] === true ? null : values,
    );
    const program = this.compile(plan, constants);
    entry.program.dispose();
    entry.program = program;
    entry.constants = constants;
    entry.recompiles++;
    this.statistics.recompiles++;
  }

  private isFull(): boolean {
    const { cacheSize, maxSessionBytes } = this.limits;
    return this.order.size > cacheSize || (this.order.size > 1 && this.bytes > maxSessionBytes);
  }

  private evict(): void {
    const [oldest] = this.order;
    if (oldest === undefined) throw new OnnxBackendError('disposed', 'The cache is empty.');
    oldest.program.dispose();
    this.order.delete(oldest);
    this.bytes -= oldest.bytes;
    for (const [hash, bucket] of this.cache) {
      const kept = bucket.filter((entry) => entry !== oldest);
      if (kept.length === 0) this.cache.delete(hash);
      else if (kept.length < bucket.length) this.cache.set(hash, kept);
    }
  }
}

function equalValues(built: Values, now: Values | null): boolean {
  if (now === null) return false;
  for (let i = 0; i < built.length; i++) if (!Object.is(built[i], now[i])) return false;
  return true;
}
