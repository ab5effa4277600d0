import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import type { DeviceBuffer } from './device-buffer';
import type { HostBuffer } from './host-buffer';
import type { NativeSession, RuntimeTensor } from '../runtime';

/** The buffers of this executor. */
export type OrtBuffer = HostBuffer | DeviceBuffer;

/** An input or output of a session. */
export interface Slot {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** The product of the shape. */
  readonly size: number;
}

/** Where buffers live between runs, and how sessions take and return them. */
export interface Memory {
  /** Whether sessions write results into arrays given to them. */
  readonly intoArrays: boolean;
  /** Bytes that buffers take on a device; 0 where there is none. */
  readonly deviceBytes: number;
  /** What a session must be told so that it computes the plan in this memory. */
  sessionOptions(plan: Plan): Readonly<Record<string, unknown>>;
  /** A buffer in this shape, as an input of a session. */
  input(buffer: OrtBuffer, shape: readonly number[]): RuntimeTensor;
  /**
   * Runs a session.
   * @param arrays by output, the array it is written into; null for one of the memory's own. All
   *   are null unless `intoArrays`.
   */
  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
    arrays: readonly (Values | null)[],
  ): OrtBuffer[];
  /** Waits until everything handed to a device is computed. */
  finish(): void;
  /** The numbers as an array; the one they are kept in, if they are. */
  read(buffer: OrtBuffer): Values;
  /** Takes back a buffer that nobody needs any more. */
  free(buffer: OrtBuffer): void;
  /** Disposes a session, which may still own buffers. */
  close(session: NativeSession): void;
  /** Frees everything. Sessions are closed before. */
  dispose(): void;
}
