import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import type { Rule } from '../optimise/rule';
import type { NativeSession, RuntimeTensor } from '../runtime';
import type { DeviceValues } from './device-values';

/** Computed or written values, wherever they are kept. */
export type Stored = Values | DeviceValues;

/** A computed value, and the same wrapped for ONNX Runtime. */
export interface Result {
  readonly values: Stored;
  readonly tensor: RuntimeTensor;
}

/** An input or output of a compiled graph. */
export interface Slot {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly size: number;
}

/** Where values live between runs, and how sessions take and return them. */
export interface Store {
  /** Whether sessions write results into arrays given to them. */
  readonly intoArrays: boolean;
  /** How graphs are made cheaper for what computes on this store. */
  readonly rules: readonly Rule[];
  /** Bytes that values take on a device; 0 where there is none. */
  readonly deviceBytes: number;
  /** What a session must be told so that it computes the plan on this store. */
  sessionOptions(plan: Plan): Readonly<Record<string, unknown>>;
  /** The values of a leaf or of a computed node, in this shape, as an input of a session. */
  input(node: Node, shape: readonly number[]): RuntimeTensor;
  /**
   * Runs a session.
   * @param arrays by output, values that it takes the place of; null for new ones. All are null
   *   unless `intoArrays`.
   */
  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
    arrays: readonly (Stored | null)[],
  ): Result[];
  /** Waits until everything handed to a device is computed. */
  finish(): void;
  /** The values as an array; the one they are kept in, if they are. */
  read(values: Stored): Values;
  /** Takes values that nobody needs any more. */
  give(dtype: ElementType, values: Stored): void;
  /** Disposes a session, which may still own values. */
  close(session: NativeSession): void;
  /** Frees everything. Sessions are closed before. */
  dispose(): void;
}
