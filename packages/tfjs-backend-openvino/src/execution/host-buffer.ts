import type { Buffer, ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { OpenvinoBackendError } from '../errors';

/** Numbers in a JavaScript array, which OpenVINO reads and writes in place. */
export class HostBuffer implements Buffer {
  isLost = false;

  constructor(
    readonly array: Values,
    readonly dtype: ElementType,
  ) {}

  get length(): number {
    return this.array.length;
  }

  get byteLength(): number {
    return this.array.byteLength;
  }
}

/** @throws OpenvinoBackendError `runtime` for a buffer of a different executor, `disposed` for one that is lost. */
export function own(buffer: Buffer | null | undefined): HostBuffer {
  if (!(buffer instanceof HostBuffer)) {
    throw new OpenvinoBackendError(
      'runtime',
      'A program of OpenVINO was given a buffer of a different executor.',
    );
  }
  if (!buffer.isLost) return buffer;
  throw new OpenvinoBackendError('disposed', 'A buffer was used that has been overwritten.');
}
