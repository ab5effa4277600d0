import { CompiledGraph } from './compiled-graph';
import { OnnxBackendError } from './errors';
import type { Node } from './graph/node';
import type { Plan } from './graph/plan';
import { sameKey } from './graph/plan';
import type { Values } from './graph/types';
import type { ResolvedOptions } from './options';
import type { Result, Store } from './storage/store';

/** After this many constants turned out to vary, every constant of the graph becomes an input. */
const MAX_RECOMPILES = 4;

/** Of the 4 bytes an element takes, how many are needed at once: most values are short-lived. */
const BYTES_KEPT = 1.5;

interface Entry {
  readonly key: Int32Array;
  graph: CompiledGraph;
  /** By leaf: the values that were built into the model, or null if the leaf is an input. */
  baked: (Values | null)[];
  recompiles: number;
  hasRun: boolean;
  /** About what its intermediate values need, which ONNX Runtime keeps for the next run. */
  readonly bytes: number;
}

export interface ExecutorStatistics {
  /** Sessions created so far, how many of them because a constant varied, and graphs run. */
  compiles: number;
  recompiles: number;
  runs: number;
}

/** Compiles plans, keeps the compiled graphs latest used, and runs them. */
export class Executor {
  private readonly cache = new Map<number, Entry[]>();
  private readonly order: Set<Entry> = new Set();
  private bytes = 0;
  /** Graphs that others keep. */
  private readonly lent = new Set<CompiledGraph>();
  readonly statistics: ExecutorStatistics = { compiles: 0, recompiles: 0, runs: 0 };

  constructor(
    private readonly options: ResolvedOptions,
    private readonly store: Store,
  ) {}

  get sessions(): number {
    return this.order.size;
  }

  /**
   * Computes the plan's outputs.
   * @param mayOverwrite whether they may take the memory of leaves that nobody holds. They do not
   *   in a graph's first run, which is the one that fails if any does.
   */
  run(plan: Plan, mayOverwrite: boolean): Result[] {
    const entry = this.lookup(plan);
    const results = this.runGraph(entry.graph, plan.leaves, mayOverwrite && entry.hasRun);
    entry.hasRun = true;
    return results;
  }

  /** Runs a graph the caller has compiled and keeps. */
  runGraph(graph: CompiledGraph, leaves: readonly Node[], mayOverwrite = true): Result[] {
    const results = graph.run(leaves, mayOverwrite);
    this.statistics.runs++;
    return results;
  }

  private compile(plan: Plan, baked: readonly boolean[]): CompiledGraph {
    const graph = new CompiledGraph(plan, baked, this.options, this.store);
    this.statistics.compiles++;
    return graph;
  }

  /** A graph for the caller to keep, until `discard` or the end of the executor. */
  lend(plan: Plan, baked: readonly boolean[]): CompiledGraph {
    const graph = this.compile(plan, baked);
    this.lent.add(graph);
    return graph;
  }

  discard(graph: CompiledGraph): void {
    if (this.lent.delete(graph)) graph.dispose();
  }

  dispose(): void {
    for (const { graph } of this.order) graph.dispose();
    for (const graph of this.lent) graph.dispose();
    this.lent.clear();
    this.order.clear();
    this.cache.clear();
    this.bytes = 0;
  }

  private lookup(plan: Plan): Entry {
    const bucket = this.cache.get(plan.hash);
    const found = bucket?.find((entry) => sameKey(entry.key, plan.key));
    if (found === undefined) return this.add(plan);
    this.order.delete(found);
    this.order.add(found);
    this.promote(found, plan);
    return found;
  }

  private add(plan: Plan): Entry {
    const baked = plan.leaves.map((leaf) =>
      leaf.constant ? (leaf.values as Values).slice() : null,
    );
    const graph = this.compile(plan, baked.map(isBaked));
    const entry = {
      key: plan.key,
      graph,
      baked,
      recompiles: 0,
      hasRun: false,
      bytes: graph.work * BYTES_KEPT,
    };
    const bucket = this.cache.get(plan.hash);
    if (bucket === undefined) this.cache.set(plan.hash, [entry]);
    else bucket.push(entry);
    this.order.add(entry);
    this.bytes += entry.bytes;
    while (this.isFull()) this.evict();
    return entry;
  }

  /** Constants that differ from the ones built in become inputs, at the price of a recompile. */
  private promote(entry: Entry, plan: Plan): void {
    const varied = entry.baked.map(
      (values, i) => values !== null && !equalValues(values, plan.leaves[i] as Node),
    );
    if (!varied.includes(true)) return;
    const all = entry.recompiles >= MAX_RECOMPILES;
    const baked = entry.baked.map((values, i) => (all || varied[i] === true ? null : values));
    const graph = this.compile(plan, baked.map(isBaked));
    entry.graph.dispose();
    entry.graph = graph;
    entry.baked = baked;
    entry.recompiles++;
    this.statistics.recompiles++;
  }

  private isFull(): boolean {
    const { cacheSize, maxSessionBytes } = this.options;
    return this.order.size > cacheSize || (this.order.size > 1 && this.bytes > maxSessionBytes);
  }

  private evict(): void {
    const [oldest] = this.order;
    if (oldest === undefined) throw new OnnxBackendError('disposed', 'The cache is empty.');
    oldest.graph.dispose();
    this.order.delete(oldest);
    this.bytes -= oldest.bytes;
    for (const [hash, bucket] of this.cache) {
      const kept = bucket.filter((entry) => entry !== oldest);
      if (kept.length === 0) this.cache.delete(hash);
      else if (kept.length < bucket.length) this.cache.set(hash, kept);
    }
  }
}

const isBaked = (values: Values | null): boolean => values !== null;

function equalValues(baked: Values, leaf: Node): boolean {
  const values = leaf.values as Values;
  for (let i = 0; i < baked.length; i++) if (!Object.is(baked[i], values[i])) return false;
  return true;
}
