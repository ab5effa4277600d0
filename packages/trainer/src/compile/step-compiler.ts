import { dispose, tidy, type TensorContainer } from '@tensorflow/tfjs-core';
import { ConfigError, type PooledFeatures } from '@crossweave/core';
import type { TrainOptions } from '../options';
import type { WarningRecord } from '../records';
import { compiledPart, Uncompiled, type CompiledPart } from './compiled-part';
import { engineCompiler } from './engine';
import { valuesOf, type Known, type StepMoment } from './stand-ins';
import { whileCompiling } from './while-compiling';

export type Warning = Pick<WarningRecord, 'message' | 'advice'>;

/**
 * A step, or a part of one, as a function of trees of tensors. It reads everything else through
 * `known`.
 *
 * @param consumed tensors that the call disposes, whose memory the results may take.
 */
export type StepPart<Tensors, Result, Image, Text, Consumed = unknown> = (
  tensors: Tensors,
  known: Known<Image, Text>,
  consumed: Consumed,
) => Result;

/** A part that can be called with what a step is about. The caller disposes the result. */
export interface PartCall<Tensors, Result, Image, Text, Consumed = unknown> {
  (tensors: Tensors, moment: StepMoment<Image, Text>, consumed: Consumed): Result;
  /**
   * The same; what has to be compiled for it is compiled while JavaScript goes on, where the engine can.
   * @throws StoppedWhileCompiling when the run's signal comes meanwhile.
   */
  later(tensors: Tensors, moment: StepMoment<Image, Text>, consumed: Consumed): Promise<Result>;
}

/** What the owner of a run should know of its steps. */
export interface StepNotices {
  warning(warning: Warning): void;
  /** A graph is being compiled, and it takes longer than a second. */
  compiling(): void;
}

export interface PartOptions {
  /**
   * Whether the part is called once a step beside others that are called many times: it then holds no
   * memory while those run. Default false.
   */
  readonly isRare?: boolean;
}

/** Makes the parts of steps, compiled or not. */
export interface StepCompiler<Image, Text> {
  /** Whether parts are compiled, as far as it is known yet. */
  readonly isCompiling: boolean;
  /** Before the first step: says why steps are not compiled, or refuses them. */
  begin(): void;
  part<Tensors extends object, Result, Consumed extends object>(
    f: StepPart<Tensors, Result, Image, Text, Consumed>,
    options?: PartOptions,
  ): PartCall<Tensors, Result, Image, Text, Consumed>;
  dispose(): void;
}

/**
 * Compiles the parts of steps where `compile` asks for it and it is possible, else they run operation
 * by operation. If one part cannot be compiled, none is from then on.
 *
 * @param notices get the reason, once, where the engine compiles and the step cannot be compiled.
 * @throws ConfigError from `begin` and the parts, where `compile` is `always` and steps cannot be
 * compiled.
 */
export function stepCompiler<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  notices: StepNotices,
): StepCompiler<Image, Text> {
  const { compile = 'auto' } = options;
  const parts: CompiledPart<Image, Text>[] = [];
  let isCompiling = compile !== 'never';
  let hasSpoken = false;
  const disposeParts = (): void => parts.forEach((part) => part.dispose());
  const refuse = ({ reason, only }: Uncompiled): void => {
    if (compile === 'always') throw cannotCompile(reason);
    if (!only) {
      isCompiling = false;
      disposeParts();
    }
    if (hasSpoken || engineCompiler() === undefined) return;
    hasSpoken = true;
    notices.warning({
      message: `${only ? 'some steps are' : 'steps are'} not compiled: ${reason.replace(/\.$/, '')}.`,
      advice:
        'They run operation by operation, with the same numbers; compile: "never" silences this.',
    });
  };

  let hasBegun = false;
  return {
    get isCompiling() {
      return isCompiling;
    },
    dispose: disposeParts,
    begin() {
      if (hasBegun || !isCompiling) return;
      hasBegun = true;
      const reason = whyUncompiled(options);
      if (reason !== undefined) refuse(new Uncompiled(reason));
    },
    part<Tensors extends object, Result, Consumed extends object>(
      f: StepPart<Tensors, Result, Image, Text, Consumed>,
      settings?: PartOptions,
    ) {
      // The compiled part gives the tree that `f` gives.
      const compiled = compiledPart(
        options,
        f as unknown as StepPart<object, object, Image, Text>,
        settings,
      );
      parts.push(compiled);
      const call = (
        tensors: Tensors,
        moment: StepMoment<Image, Text>,
        consumed: Consumed,
      ): Result => {
        try {
          const made = isCompiling ? compiled.run(tensors, moment, consumed) : undefined;
          if (made !== undefined && !(made instanceof Uncompiled)) return made as Result;
          if (made !== undefined) refuse(made);
          // What `tidy` keeps of a tree is its tensors.
          const eager = (): TensorContainer =>
            f(tensors, valuesOf(moment), consumed) as TensorContainer;
          return tidy(eager) as Result;
        } finally {
          dispose(consumed as TensorContainer);
        }
      };
      return Object.assign(call, {
        async later(tensors: Tensors, moment: StepMoment<Image, Text>, consumed: Consumed) {
          try {
            if (isCompiling) {
              const under = compiled.prepare(tensors, moment, consumed);
              if (under !== undefined) {
                await whileCompiling(under, () => notices.compiling(), options.signal);
              }
            }
          } catch (error) {
            dispose(consumed as TensorContainer);
            throw error;
          }
          return call(tensors, moment, consumed);
        },
      });
    },
  };
}

/** Why the steps of these options cannot be compiled; undefined where nothing is against it. */
function whyUncompiled<Image, Text, F extends PooledFeatures>({
  optimizer,
}: TrainOptions<Image, Text, F>): string | undefined {
  if (engineCompiler() === undefined) return 'the engine does not compile';
  if (optimizer.updateAt === undefined) return `the optimizer "${optimizer.name}" has no updateAt`;
  return undefined;
}

function cannotCompile(reason: string): ConfigError {
  return new ConfigError(`steps cannot be compiled: ${reason.replace(/\.$/, '')}`, {
    where: 'train, compile: "always"',
    advice: 'Use compile: "auto".',
  });
}
