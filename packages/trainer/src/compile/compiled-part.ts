import { HostReadError, type PooledFeatures } from '@crossweave/core';
import type { FrozenOptions } from '../frozen-at';
import type { StepOptions } from '../options';
import type { TrainState } from '../state';
import { engineCompiler, type CompiledFunction } from './engine';
import { standIns, type BatchTensors, type StepMoment } from './stand-ins';
import type { PartOptions, StepPart } from './step-compiler';

/** Combinations of shapes that are compiled; steps of further ones run operation by operation. */
const mostGraphs = 16;

/** The fields of a batch that are lists of JavaScript, which a graph cannot hold. */
const listsOfBatch = ['ids', 'groups', 'captions', 'labels', 'negativeCaptions'] as const;

/** Everything on which the graph depends besides shapes. */
interface Variant {
  readonly size: number;
  readonly lists: readonly string[];
  /** How many parameters are no longer frozen; 0 where none is unfrozen during training. */
  readonly unfrozen: number;
}

export interface CompiledPart<Image, Text> {
  /** The result, whose tree `f` has made, or why the part is not compiled: `consumed` then still lives. */
  run(tensors: object, moment: StepMoment<Image, Text>, consumed: object): unknown;
  /** Compiles what `run` would, while JavaScript goes on, as the engine does it; fails with nothing. */
  prepare(
    tensors: object,
    moment: StepMoment<Image, Text>,
    consumed: object,
  ): Promise<void> | undefined;
  dispose(): void;
}

export class Uncompiled {
  /** @param only this shape: others are compiled. */
  constructor(
    readonly reason: string,
    readonly only: boolean = false,
  ) {}
}

/**
 * A part of a step as compiled graphs of the engine: the tensors of the part and of the batch are
 * arguments, and what JavaScript makes for each step (rates, draws, masks of identities) are inputs
 * that are made again ({@link standIns}). A graph is traced twice, then no JavaScript runs for an
 * operation.
 */
export function compiledPart<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  f: StepPart<object, object, Image, Text>,
  { isRare = false }: PartOptions = {},
): CompiledPart<Image, Text> {
  let step = 0;
  let compiled: CompiledFunction | undefined;
  const compile = (): CompiledFunction =>
    engineCompiler()!(
      (args, recorder) => {
        const [tensors, inputs, variant, consumed] = args as [
          object,
          BatchTensors<Image, Text>,
          Variant,
          object,
        ];
        const known = standIns(recorder, inputs, variant.size, variant.lists);
        return f(tensors, { ...known, step }, consumed);
      },
      { donate: [3], releaseMemory: isRare },
    );

  const argsOf = (
    tensors: object,
    { state, batch }: StepMoment<Image, Text>,
    consumed: object,
  ): readonly unknown[] => {
    const { image, text, negatives } = batch;
    const variant: Variant = {
      size: batch.size,
      lists: listsOfBatch.filter((name) => batch[name] !== undefined),
      unfrozen: unfrozenOf(options, state),
    };
    const inputs = { image, text, ...(negatives !== undefined && { negatives }) };
    return [tensors, inputs, variant, consumed];
  };

  return {
    prepare(tensors, moment, consumed) {
      ({ step } = moment.state);
      compiled ??= compile();
      if (compiled.prepare === undefined || compiled.size >= mostGraphs) return undefined;
      // Where it fails, `run` meets the same, and says what follows from it.
      const failed = (): undefined => undefined;
      try {
        return compiled.prepare(argsOf(tensors, moment, consumed), moment)?.catch(failed);
      } catch {
        return undefined;
      }
    },
    run(tensors, moment, consumed) {
      ({ step } = moment.state);
      compiled ??= compile();
      try {
        const args = argsOf(tensors, moment, consumed);
        const found = compiled.run(args, moment, compiled.size < mostGraphs);
        return (
          found ??
          new Uncompiled(`batches have more than ${mostGraphs} combinations of shapes`, true)
        );
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined) throw error;
        return new Uncompiled(reason);
      }
    },
    dispose() {
      compiled?.dispose();
      compiled = undefined;
    },
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
