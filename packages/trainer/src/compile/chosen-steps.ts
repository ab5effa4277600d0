import { ConfigError, type Batch, type Key, type PooledFeatures } from '@crossweave/core';
import type { TrainOptions } from '../options';
import type { WarningRecord } from '../records';
import type { TrainState } from '../state';
import { trainStep, type StepOutcome } from '../step';
import { Uncompiled, compiledSteps, whyUncompiled, type CompiledSteps } from './compiled-step';
import { engineCompiler } from './engine';

export type Warning = Pick<WarningRecord, 'message' | 'advice'>;

/** Steps, compiled or not. */
export interface Steps<Image, Text> {
  /** Before the first step of any kind: says why steps are not compiled, or refuses them. */
  begin(): void;
  take(state: TrainState, batch: Batch<Image, Text>, key: Key): StepOutcome;
  dispose(): void;
}

/**
 * Compiled steps where `compile` asks for them and they are possible, else steps that run operation
 * by operation.
 *
 * @param say gets the reason, once, where the engine compiles and the step cannot be compiled.
 * @throws ConfigError from `begin` and `take`, where `compile` is `always` and steps cannot be
 * compiled.
 */
export function chosenSteps<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
  say: (warning: Warning) => void,
): Steps<Image, Text> {
  const { compile = 'auto' } = options;
  let compiled: CompiledSteps<Image, Text> | undefined;
  let hasSpoken = false;
  const refuse = ({ reason, only }: Uncompiled): void => {
    if (compile === 'always') throw cannotCompile(reason);
    if (!only) {
      compiled?.dispose();
      compiled = undefined;
    }
    if (hasSpoken || engineCompiler() === undefined) return;
    hasSpoken = true;
    say({
      message: `${only ? 'some steps are' : 'steps are'} not compiled: ${reason.replace(/\.$/, '')}.`,
      advice:
        'They run operation by operation, with the same numbers; compile: "never" silences this.',
    });
  };

  let hasBegun = compile === 'never';
  return {
    begin() {
      if (hasBegun) return;
      hasBegun = true;
      const reason = whyUncompiled(options);
      if (reason === undefined) compiled = compiledSteps(options);
      else refuse(new Uncompiled(reason));
    },
    take(state, batch, key) {
      const made = compiled?.take(state, batch, key);
      if (made !== undefined && !(made instanceof Uncompiled)) return made;
      if (made !== undefined) refuse(made);
      return trainStep(options, state, batch, key);
    },
    dispose: () => compiled?.dispose(),
  };
}

function cannotCompile(reason: string): ConfigError {
  return new ConfigError(`steps cannot be compiled: ${reason.replace(/\.$/, '')}`, {
    where: 'train, compile: "always"',
    advice: 'Use compile: "auto".',
  });
}
