import type { Executor } from '../execution/executor';
import type { ProgramCache } from '../execution/program-cache';
import type { Plan } from './plan';
import { sameKey } from './plan';
import { MIN_TURN } from './turn';
import type { Value } from './value';

/** Compiles the program of a pending graph while JavaScript goes on, where the executor can. */
export class CompileAhead {
  private underWay: { readonly key: Int32Array; readonly done: Promise<void> } | null = null;

  constructor(
    private readonly executor: Executor,
    private readonly programs: ProgramCache,
  ) {}

  get isCompiling(): boolean {
    return this.underWay !== null;
  }

  /**
   * @param inputs the values of the plan's leaves.
   * @returns a promise that resolves when the compilation has ended, also when it has failed. Undefined
   *   where the program is in the cache, where the executor cannot compile in a thread, and for a plan of
   *   fewer than {@link MIN_TURN} operators, which is not worth a thread.
   */
  compile(plan: Plan, inputs: readonly Value[]): Promise<void> | undefined {
    const { executor, programs } = this;
    if (executor.prepare === undefined || plan.nodes.length < MIN_TURN) return undefined;
    if (this.underWay !== null && sameKey(this.underWay.key, plan.key)) return this.underWay.done;
    const buffers = inputs.map(({ buffer }) => buffer);
    // Lost inputs are an error of whoever computes the values.
    if (programs.has(plan) || !buffers.every((each) => each?.isLost === false)) return undefined;
    const constants = programs.constantsOf(buffers, areConstant(inputs));
    const done = executor
      .prepare(plan, constants, buffers)
      // Computing the values meets the same error, and throws it.
      .catch(() => undefined)
      .finally(() => {
        if (this.underWay === own) this.underWay = null;
      });
    const own = { key: plan.key, done };
    this.underWay = own;
    return done;
  }
}

/** Which of a program's inputs are probably the same in each run. */
export const areConstant = (inputs: readonly Value[]): boolean[] =>
  inputs.map(({ isConstant }) => isConstant === true);
