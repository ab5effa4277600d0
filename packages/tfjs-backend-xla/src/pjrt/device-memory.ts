import type { ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { Event } from './event';
import { Handle } from './handle';
import type { Plugin } from './plugin';
import { ffi } from './ffi';

/** `PJRT_Buffer_Type`, and the bytes of an element. */
export const ELEMENTS: Readonly<Record<ElementType, { code: number; bytes: number }>> = {
  bool: { code: 1, bytes: 1 },
  int32: { code: 4, bytes: 4 },
  int64: { code: 5, bytes: 8 },
  float32: { code: 11, bytes: 4 },
  float64: { code: 12, bytes: 8 },
};

/** A list of numbers as a program takes or gives it. */
export interface Slot {
  readonly dtype: ElementType;
  /** Elements in all. */
  readonly length: number;
  /** Whether each device has an equal part, in the order of the devices, or all of it. */
  readonly isSplit: boolean;
}

/** A list of numbers on the devices. */
export class DeviceMemory extends Handle implements Slot {
  protected readonly what = 'Memory of the device';
  readonly dtype: ElementType;
  readonly length: number;
  readonly isSplit: boolean;
  /** On all devices together. */
  readonly byteLength: number;
  /** Its place among the memory that a table holds; -1 where none does. */
  place = -1;

  /** @param pointers one for each device. */
  constructor(
    private readonly plugin: Plugin,
    pointers: readonly bigint[],
    { dtype, length, isSplit }: Slot,
  ) {
    super(...pointers);
    this.dtype = dtype;
    this.length = length;
    this.isSplit = isSplit;
    this.byteLength = length * ELEMENTS[dtype].bytes * (isSplit ? 1 : pointers.length);
  }

  /** Copies the numbers into an array of as many, which is full once the event has happened. */
  read(into: Values): Event {
    const from = this.isSplit ? this.pointers : [this.pointer];
    const events = partsOf(into, from.length).map((part, i) =>
      this.plugin
        .call('Buffer_ToHostBuffer', {
          src: from[i],
          dst: ffi().address(part),
          dst_size: BigInt(part.byteLength),
        })
        .pointerAt('event'),
    );
    return new Event(this.plugin, ...events);
  }

  protected release(pointer: bigint): void {
    this.plugin.destroyBuffer(pointer);
  }
}

/** Views of `count` equal parts of an array. */
export function partsOf(values: Values, count: number): Values[] {
  const length = values.length / count;
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}
