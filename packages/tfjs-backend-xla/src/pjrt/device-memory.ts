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

/** A list of numbers on the device. */
export class DeviceMemory extends Handle {
  protected readonly what = 'Memory of the device';

  constructor(
    private readonly plugin: Plugin,
    pointer: bigint,
    readonly dtype: ElementType,
    readonly length: number,
  ) {
    super(pointer);
  }

  get byteLength(): number {
    return this.length * ELEMENTS[this.dtype].bytes;
  }

  /** Copies the numbers into an array of as many, which is full once the event has happened. */
  read(into: Values): Event {
    const { event } = {
      event: this.plugin
        .call('Buffer_ToHostBuffer', {
          src: this.pointer,
          dst: ffi().address(into),
          dst_size: BigInt(into.byteLength),
        })
        .pointerAt('event'),
    };
    return new Event(this.plugin, event);
  }

  protected release(pointer: bigint): void {
    this.plugin.call('Buffer_Destroy', { buffer: pointer });
  }
}
