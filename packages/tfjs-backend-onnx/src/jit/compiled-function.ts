import type { Tensor } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend';
import type { Node } from '../graph/node';
import type { Value } from '../graph/value';
import { Specialisation, constantsOf } from './specialisation';
import type { CallRecorder, Trace } from './trace';
import { trace, valueOf } from './trace';
import type { Match, Tree } from './tree';
import { flatten, matchOf, nextOf, rebuild } from './tree';

export interface JitOptions {
  /**
   * Indices of arguments that a call consumes: all their tensors are disposed, and results may
   * reuse their memory, as new parameters the memory of the old parameters. Default: none.
   */
  readonly donate?: readonly number[];
  /**
   * Whether tensors that the function closes over become constants of the compiled graph. ONNX
   * Runtime can then optimise them (merge batch norms into convolutions, use blocked layouts), at
   * the price of a copy. Use it for parameters that do not change. Default false.
   */
  readonly bake?: boolean;
  /**
   * Whether the memory that the function needs within is given back after each call. A function that
   * computes much and is called rarely then holds nothing in between; one that is called often takes
   * longer. Default false.
   */
  readonly releaseMemory?: boolean;
  /**
   * Maximum number of compiled graphs, one for each combination of shapes, at least 1. Default 16.
   */
  readonly cacheSize?: number;
}

/** Arguments that differ only in the values of their tensors, and their graphs. */
interface Form {
  readonly signature: string;
  readonly match: Match;
  /** The indices of the tensors that a call disposes. */
  readonly donated: readonly number[];
  /** The graphs for the choices that were made; the newest last. */
  graphs: Specialisation[];
}

/** The compiled graphs of one function on one backend. */
export class CompiledFunction {
  /** By signature; the latest used last. */
  private readonly cache = new Map<string, Form>();
  private latest: Form | undefined;
  private readonly donate: readonly number[];
  private readonly bake: boolean;
  private readonly cacheSize: number;
  private readonly releasesMemory: boolean;

  constructor(
    private readonly backend: OnnxBackend,
    private readonly f: (args: readonly Tree[], recorder: CallRecorder) => unknown,
    { donate = [], bake = false, releaseMemory = false, cacheSize = 16 }: JitOptions = {},
  ) {
    this.donate = donate;
    this.bake = bake;
    this.cacheSize = cacheSize;
    this.releasesMemory = releaseMemory;
  }

  /** Number of compiled graphs. */
  get size(): number {
    let size = 0;
    for (const { graphs } of this.cache.values()) size += graphs.length;
    return size;
  }

  /**
   * Runs the graph for these arguments, after compiling it if there is none.
   * @param moment what the function's {@link CallRecorder} makes its arrays and choices from.
   * @param mayCompile if false, the result is undefined where a graph would have to be compiled.
   */
  run(args: readonly Tree[], moment?: unknown, mayCompile = true): unknown {
    const { backend, cache } = this;
    const { form, tensors } = this.formOf(args);
    const { donated, signature } = form;
    const traced = (): Trace => this.traced(args, tensors, moment);

    let found = form.graphs.find((each) => each.suits(moment));
    if (found === undefined) {
      if (!mayCompile) return undefined;
      const first = traced();
      found = new Specialisation(backend, first, this.bake, {
        releasesMemory: this.releasesMemory,
      });
      if (first.hasCreated) {
        try {
          return found.run(tensors, donated, moment);
        } finally {
          found.dispose();
        }
      }
    } else if (!found.isConfirmed) {
      try {
        found.confirm(traced());
      } catch (error) {
        form.graphs.splice(form.graphs.indexOf(found), 1);
        found.dispose();
        throw error;
      }
    }
    if (form.graphs.at(-1) !== found) {
      form.graphs = [...form.graphs.filter((each) => each !== found), found];
    }
    cache.delete(signature);
    cache.set(signature, form);
    this.evict();
    return found.run(tensors, donated, moment);
  }

  /**
   * Compiles the graph that `run` would compile for these arguments, while JavaScript goes on, where the
   * executor can; `run` then takes it. Not for a function that makes variables. @returns undefined where
   *   nothing is to be done. @throws as `run` does.
   */
  prepare(args: readonly Tree[], moment?: unknown): Promise<void> | undefined {
    const { graph } = this.backend;
    if (!graph.canPrepare) return undefined;
    const { form, tensors } = this.formOf(args);
    if (form.graphs.some((each) => each.suits(moment))) return undefined;
    // Before the trace, whose constants are there until something else is computed.
    const values = tensors.map((tensor) => valueOf(this.backend, tensor));
    const first = this.traced(args, tensors, moment);
    if (first.hasCreated) return undefined;
    const { plan, sources, owners } = first;
    const inputs = sources.map((source, i) =>
      source.kind === 'argument'
        ? (values[source.place] as Value)
        : (owners.get(plan.leaves[i] as Node) ?? null),
    );
    return graph.prepare(plan, constantsOf(first, this.bake), inputs);
  }

  dispose(): void {
    for (const { graphs } of this.cache.values()) for (const each of graphs) each.dispose();
    this.cache.clear();
    this.latest = undefined;
  }

  private traced(args: readonly Tree[], tensors: readonly Tensor[], moment: unknown): Trace {
    return trace(
      this.backend,
      tensors,
      (placeholders, recorder) => this.f(rebuild(args, nextOf(placeholders)), recorder),
      moment,
    );
  }

  /** The form of these arguments, and their tensors in order. */
  private formOf(args: readonly Tree[]): { form: Form; tensors: readonly Tensor[] } {
    const matched: Tensor[] = [];
    if (this.latest?.match(args, matched) === true) return { form: this.latest, tensors: matched };
    const parts = args.map((argument, i) => flatten(argument, `argument ${i}`));
    const signature = parts.map((part) => part.signature).join(';');
    this.latest = this.cache.get(signature) ?? {
      signature,
      match: matchOf(args),
      donated: donatedPlaces(parts, this.donate),
      graphs: [],
    };
    return { form: this.latest, tensors: parts.flatMap((part) => part.tensors) };
  }

  /** Frees the graphs that were not used for longest. */
  private evict(): void {
    for (const [oldest, { graphs }] of this.cache) {
      if (this.size <= this.cacheSize) return;
      while (graphs.length > 0 && this.size > this.cacheSize) graphs.shift()?.dispose();
      if (graphs.length === 0) this.cache.delete(oldest);
    }
  }
}

/** The indices of the tensors of donated arguments. */
function donatedPlaces(
  parts: readonly { readonly tensors: readonly Tensor[] }[],
  donate: readonly number[],
): number[] {
  let place = 0;
  return parts.flatMap(({ tensors }, argument) => {
    const places = tensors.map(() => place++);
    return donate.includes(argument) ? places : [];
  });
}
