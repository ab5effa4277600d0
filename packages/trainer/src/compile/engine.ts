import { backend } from '@tensorflow/tfjs-core';
import type { StepRecorder } from '@crossweave/core';

/** A function that an engine compiles, one graph for each combination of shapes and choices. */
export interface CompiledFunction {
  /** Number of compiled graphs. */
  readonly size: number;
  /** Undefined where a graph would have to be compiled and `mayCompile` is false. */
  run(args: readonly unknown[], moment: unknown, mayCompile: boolean): unknown;
  /**
   * Compiles what `run` would have to, while JavaScript goes on; undefined where the engine cannot do
   * that, or nothing is to be compiled.
   */
  prepare?(args: readonly unknown[], moment: unknown): Promise<void> | undefined;
  dispose(): void;
}

/** A function of trees of tensors. */
export type Traced = (args: readonly unknown[], recorder: StepRecorder) => unknown;

export interface CompileOptions {
  /** Indices of arguments that a call disposes, and whose memory its results may take. */
  readonly donate?: readonly number[];
  /** Whether memory that a call needs within is given back after it. */
  readonly releaseMemory?: boolean;
}

interface CompilingBackend {
  compile(f: Traced, options?: CompileOptions): CompiledFunction;
}

/** Whether the engine in use computes while JavaScript goes on. Those on XLA do. */
export function engineIsAsynchronous(): boolean {
  return (backend() as { readonly isAsynchronous?: boolean }).isAsynchronous === true;
}

/** The compiler of the engine in use; undefined if it has none. The backends on a graph have one. */
export function engineCompiler(): CompilingBackend['compile'] | undefined {
  const current = backend() as Partial<CompilingBackend>;
  return typeof current.compile === 'function'
    ? (f, options) => current.compile!(f, options)
    : undefined;
}
