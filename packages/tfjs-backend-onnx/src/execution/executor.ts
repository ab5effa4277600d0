import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';

/*
 * An executor computes graphs with a library. The lazy graph records operators, plans runs and
 * counts the holders of values, independently of the library. Each library has an implementation of
 * these interfaces, with its own optimisation rules, memory and sessions.
 */

/** Numbers in an executor's memory, as a list; the graph knows the shape. */
export interface Buffer {
  readonly dtype: ElementType;
  /** Number of elements. */
  readonly length: number;
  readonly byteLength: number;
  /** True after a program has used the memory for its results, so that the numbers are lost. */
  readonly isLost: boolean;
}

/** A compiled plan, which can run any number of times. */
export interface Program {
  /** Estimated bytes that the program keeps between runs. */
  readonly bytes: number;
  /**
   * Computes the plan's outputs. It may return before they are computed: `Executor.read` waits for
   * them and throws errors that happen meanwhile. @param inputs a buffer for each leaf of the plan,
   * of the leaf's type and size. For leaves that are constants it is ignored and may be null.
   * @param donated for each leaf, whether the input is not needed after this run and shares its
   *   memory with no other input. The program may use its memory for results; `isLost` tells
   *   whether it did, also if the run fails. @returns for each output of the plan, a new buffer, or
   *   one that uses the memory of a donated input. @throws OnnxBackendError `runtime` or
   *   `out-of-memory`. Buffers that are not lost are unchanged.
   */
  run(inputs: readonly (Buffer | null)[], donated: readonly boolean[]): Buffer[];
  /** Frees the program. Buffers that it returned remain valid. */
  dispose(): void;
}

/** Settings of a compiled plan that change its memory or its time, never its results. */
export interface CompileHints {
  /**
   * Whether the memory of values within the graph is given back after each run. Default: it may be
   * kept for the next run, which saves the time to get it again.
   */
  readonly releasesMemory?: boolean;
}

/** A library that computes graphs, and the memory it computes in. */
export interface Executor {
  /** Bytes of buffers on a device; 0 if buffers are arrays. */
  readonly deviceBytes: number;
  /** Bytes of free memory that is kept for reuse. */
  readonly pooledBytes: number;
  /** Whether programs run while JavaScript goes on, so that the next is begun meanwhile. Default false. */
  readonly isAsynchronous?: boolean;
  /** Number of devices that compute every program together. Default 1. */
  readonly devices?: number;
  /**
   * Puts an equal part of a buffer's numbers on each device, in order; programs compute the same
   * either way. Only with `devices`, which must divide the buffer's length.
   */
  split?(buffer: Buffer): void;
  /**
   * Compiles a plan. @param constants for each leaf, its numbers if it is a constant, or null for
   * an input. The arrays are not kept. @param hints may be ignored. @throws OnnxBackendError
   * `runtime` if the library refuses the graph.
   */
  compile(plan: Plan, constants: readonly (Values | null)[], hints?: CompileHints): Program;
  /**
   * Compiles a plan while JavaScript goes on, so that an equal plan with equal constants is compiled at
   * once. Only where compiling takes long and can be done so. @param inputs the buffers of the plan's
   * leaves, as far as they are there.
   */
  prepare?(
    plan: Plan,
    constants: readonly (Values | null)[],
    inputs: readonly (Buffer | null)[],
  ): Promise<void>;
  /** An array with arbitrary contents, which the caller fills and passes to `adopt`. */
  allocate(dtype: ElementType, length: number): Values;
  /**
   * A buffer of these numbers. The array belongs to the buffer, and nothing else may change it
   * afterwards.
   */
  adopt(values: Values, dtype: ElementType): Buffer;
  /**
   * Waits for the numbers and returns them. The array may be the buffer's memory, so the caller
   * must not change it.
   */
  read(buffer: Buffer): Values;
  /** A copy of the numbers, without blocking the event loop. The buffer may be freed meanwhile. */
  readLater(buffer: Buffer): Promise<Values>;
  /** The numbers if they are available without waiting or copying, else null. */
  peek(buffer: Buffer): Values | null;
  /** Frees a buffer, which may already be lost. */
  free(buffer: Buffer): void;
  /** Waits until all started computations have finished. */
  finish(): void;
  /** Frees everything. Programs are disposed before. */
  dispose(): void;
}
