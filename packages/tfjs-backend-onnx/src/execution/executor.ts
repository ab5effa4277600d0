import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';

/*
 * What computes. The lazy graph records operators, plans what has to run, and knows who holds
 * which tensor; it knows nothing of the library underneath. That is an executor: one of this file's
 * interfaces for each library, with its own rules for making graphs cheaper, its own memory and its
 * own sessions.
 */

/** Numbers in an executor's memory, as a list: the shape is the graph's. */
export interface Buffer {
  readonly dtype: ElementType;
  /** How many elements. */
  readonly length: number;
  readonly byteLength: number;
  /** True once a program has taken the memory for its results: the numbers are no longer there. */
  readonly isLost: boolean;
}

/** A plan made ready to run, as often as one likes. */
export interface Program {
  /** Bytes it keeps between runs, by estimate. */
  readonly bytes: number;
  /**
   * Computes the plan's outputs. It may return before they are there: `Executor.read` waits for
   * them, and what fails meanwhile is thrown by whoever reads.
   * @param inputs by leaf of the plan, each of the leaf's type and size; those that became constants
   *   are not looked at, and may be null.
   * @param donated by leaf, whether nobody needs the input any more after this run, and no other
   *   input is the same memory. The program may take it for its results, or leave it; `isLost`
   *   says which, also if the run fails.
   * @returns by output of the plan, a new buffer or the memory of a donated one.
   * @throws OnnxBackendError `runtime` or `out-of-memory`. What was not lost is as before.
   */
  run(inputs: readonly (Buffer | null)[], donated: readonly boolean[]): Buffer[];
  /** Frees the program. Buffers it returned stay. */
  dispose(): void;
}

/** A library that computes graphs, and the memory it computes in. */
export interface Executor {
  /** Bytes that buffers take on a device; 0 where they are arrays. */
  readonly deviceBytes: number;
  /** Bytes of memory that is free and kept to be used again. */
  readonly pooledBytes: number;
  /**
   * Compiles a plan.
   * @param constants by leaf, the numbers that it is in every run; null for an input. The arrays are
   *   not kept.
   * @throws OnnxBackendError `runtime` for a graph the library refuses.
   */
  compile(plan: Plan, constants: readonly (Values | null)[]): Program;
  /** An array for the caller to fill and give to `adopt`. Its contents are arbitrary. */
  allocate(dtype: ElementType, length: number): Values;
  /** A buffer of these numbers. The array is taken over; nobody else changes it from now on. */
  adopt(values: Values, dtype: ElementType): Buffer;
  /** The numbers, waited for. They may be the buffer itself: the caller changes nothing. */
  read(buffer: Buffer): Values;
  /** A copy of the numbers, without holding up the event loop; the buffer may be freed meanwhile. */
  readLater(buffer: Buffer): Promise<Values>;
  /** The numbers if they can be had at once and for nothing, else null. */
  peek(buffer: Buffer): Values | null;
  /** Takes a buffer back that nobody needs any more; one that is lost already may be given too. */
  free(buffer: Buffer): void;
  /** Waits until everything that was started is computed. */
  finish(): void;
  /** Frees everything. Programs are disposed of before. */
  dispose(): void;
}
