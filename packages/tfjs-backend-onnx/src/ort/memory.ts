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

/** Where buffers are stored between runs, and how they are passed to and from sessions. */
export interface Memory {
  /** Whether sessions write results into arrays given to them. */
  readonly intoArrays: boolean;
  /** Bytes of buffers on a device; 0 without a device. */
  readonly deviceBytes: number;
  /** The session options that the plan needs with this memory. */
  sessionOptions(plan: Plan): Readonly<Record<string, unknown>>;
  /** A buffer with the given shape, as an input of a session. */
  input(buffer: OrtBuffer, shape: readonly number[]): RuntimeTensor;
  /**
   * Runs a session. @param arrays for each output, the array into which it is written; null for a
   * new buffer. All are null unless `intoArrays`.
   */
  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
    arrays: readonly (Values | null)[],
  ): OrtBuffer[];
  /** Waits until the device has finished all computations. */
  finish(): void;
  /** The numbers as an array. If the buffer is an array, it is that array. */
  read(buffer: OrtBuffer): Values;
  /** Frees a buffer. */
  free(buffer: OrtBuffer): void;
  /** Disposes a session, which may still own buffers. */
  close(session: NativeSession): void;
  /** Frees everything. Sessions are closed before. */
  dispose(): void;
}
