import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import {
  HostReadError,
  type Batch,
  type Key,
  type OptimizerState,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import type { FrozenOptions } from '../frozen-at';
import type { StepOptions } from '../options';
import type { TrainState } from '../state';
import { trainStep, type StepOutcome } from '../step';
import { engineCompiler, type CompiledFunction } from './engine';
import { standIns, type BatchTensors, type StepMoment } from './stand-ins';

/** Combinations of shapes that are compiled; steps of further ones run operation by operation. */
const mostGraphs = 16;

/** The fields of a batch that are lists of JavaScript, which a graph cannot hold. */
const listsOfBatch = ['ids', 'groups', 'captions', 'labels', 'negativeCaptions'] as const;

/** The tensors of a state. */
interface StateTensors {
  readonly params: Params;
  readonly optimizer: OptimizerState;
  readonly twin?: Params;
  readonly average?: Params;
}

/** What the compiled function gives. */
interface ResultTensors {
  readonly state: StateTensors;
  readonly total: Scalar;
  readonly terms: Readonly<Record<string, Scalar>>;
  readonly gradientNorm: Scalar;
  readonly branches?: { readonly names: readonly string[]; readonly sums: Tensor2D };
}

/** Everything on which the graph depends besides shapes. */
interface Variant {
  readonly size: number;
  readonly lists: readonly string[];
  /** How many parameters are no longer frozen; 0 where none is unfrozen during training. */
  readonly unfrozen: number;
}

export interface CompiledSteps<Image, Text> {
  /** The step, or why steps are not compiled: from then on they never are. */
  take(state: TrainState, batch: Batch<Image, Text>, key: Key): StepOutcome | Uncompiled;
  dispose(): void;
}

export class Uncompiled {
  /** @param only this shape: others are compiled. */
  constructor(
    readonly reason: string,
    readonly only: boolean = false,
  ) {}
}

/** Why the steps of these options cannot be compiled; undefined where nothing is against it. */
export function whyUncompiled<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F> & { readonly accumulate?: number; readonly chunk?: number },
): string | undefined {
  const { optimizer, teacher, accumulate = 1, chunk } = options;
  if (engineCompiler() === undefined) return 'the engine does not compile';
  if (optimizer.updateAt === undefined) return `the optimizer "${optimizer.name}" has no updateAt`;
  if (teacher !== undefined && 'queue' in teacher) return 'the teacher keeps a queue';
  if (accumulate > 1) return 'a step has several batches (accumulate)';
  return chunk === undefined ? undefined : 'a batch is cut into chunks';
}

/**
 * Steps as compiled graphs of the engine: the tensors of state and batch are arguments, and what
 * JavaScript makes for each step (rates, draws, masks of identities) are inputs that are made again
 * ({@link standIns}). A graph is traced twice, then no JavaScript runs for an operation.
 */
export function compiledSteps<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
): CompiledSteps<Image, Text> {
  let current: TrainState | undefined;
  let compiled: CompiledFunction | undefined;

  const traced: Parameters<NonNullable<ReturnType<typeof engineCompiler>>>[0] = (
    args,
    recorder,
  ) => {
    const [state, tensors, variant] = args as [StateTensors, BatchTensors<Image, Text>, Variant];
    const { batch, key, sources } = standIns(recorder, tensors, variant.size, variant.lists);
    const { params, optimizer, twin, average } = state;
    const before: TrainState = {
      step: current!.step,
      params,
      optimizer,
      ...(twin && { teacher: { params: twin } }),
      ...(average && { average }),
    };
    const made = trainStep(options, before, batch, key, sources);
    const { total, terms, gradientNorm, branches } = made;
    const result: ResultTensors = {
      state: tensorsOf(made.state),
      ...{ total, terms, gradientNorm },
      ...(branches && { branches }),
    };
    return result;
  };

  return {
    take(state, batch, key) {
      current = state;
      compiled ??= engineCompiler()!(traced);
      const { image, text, negatives } = batch;
      const variant: Variant = {
        size: batch.size,
        lists: listsOfBatch.filter((name) => batch[name] !== undefined),
        unfrozen: unfrozenOf(options, state),
      };
      const tensors = { image, text, ...(negatives !== undefined && { negatives }) };
      const moment: StepMoment<Image, Text> = { state, batch, key };
      let found: ResultTensors | undefined;
      try {
        const args = [tensorsOf(state), tensors, variant];
        found = compiled.run(args, moment, compiled.size < mostGraphs) as typeof found;
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined) throw error;
        return new Uncompiled(reason);
      } finally {
        current = undefined;
      }
      if (found === undefined) {
        return new Uncompiled(`batches have more than ${mostGraphs} combinations of shapes`, true);
      }
      const { params, optimizer, twin, average } = found.state;
      return {
        ...found,
        state: {
          step: state.step + 1,
          params,
          optimizer,
          ...(twin && { teacher: { params: twin } }),
          ...(average && { average }),
          ...(state.memory && { memory: state.memory }),
        },
      };
    },
    dispose() {
      compiled?.dispose();
      compiled = undefined;
    },
  };
}

function tensorsOf({ params, optimizer, teacher, average }: TrainState): StateTensors {
  return {
    params,
    optimizer,
    ...(teacher && { twin: teacher.params }),
    ...(average && { average }),
  };
}

function unfrozenOf({ frozenUntil }: FrozenOptions, { step, params }: TrainState): number {
  if (frozenUntil === undefined) return 0;
  return Object.keys(params).filter((path) => step >= frozenUntil(path)).length;
}

/** What keeps a function from being compiled; undefined for any other error, which is the step's own. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof HostReadError) return error.summary;
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { readonly code?: unknown };
  return code === 'jit' || code === 'unsupported-op' ? error.message : undefined;
}
