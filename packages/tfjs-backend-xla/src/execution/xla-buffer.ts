import type { Buffer, ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import type { DeviceMemory } from '../pjrt/device-memory';
import { ELEMENTS } from '../pjrt/device-memory';
import type { Run } from './run';

/** Numbers in an array, on the device, or both. */
export class XlaBuffer implements Buffer {
  isLost = false;
  readonly byteLength: number;

  constructor(
    readonly dtype: ElementType,
    readonly length: number,
    /** The numbers as they were written from JavaScript, as long as they are kept. */
    public array: Values | null,
    /** The same on the device, once a program has needed them or has computed them. */
    public memory: DeviceMemory | null,
    /** The run that computes them; null for numbers from JavaScript. */
    readonly run: Run | null,
    /** Whether each device has, or gets, an equal part of the numbers. */
    public isSplit = false,
  ) {
    this.byteLength = length * ELEMENTS[dtype].bytes;
  }
}

/** @throws XlaBackendError `runtime` for a buffer that another executor made. */
export function own(buffer: Buffer | null | undefined): XlaBuffer {
  if (buffer instanceof XlaBuffer) return buffer;
  throw new XlaBackendError('runtime', 'A program of XLA was given a buffer that is not its own.');
}
