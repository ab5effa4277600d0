import { fromRuntime } from '../errors';
import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import { DeviceBuffer } from './device-buffer';
import type { HostBuffer } from './host-buffer';
import type { Memory, OrtBuffer, Slot } from './memory';
import type { ArrayPool } from './pool';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';
import { Transfer } from './transfer';
import { webgpuOptions } from './webgpu-session';

/**
 * Memory of a WebGPU device. Results stay on the device until they are read. An array from
 * JavaScript is uploaded with the run that first uses it. If it is used again (a frozen weight, not
 * a batch), it gets a permanent copy on the device.
 */
export class DeviceMemory implements Memory {
  readonly intoArrays = false;
  deviceBytes = 0;
  private readonly transfer = new Transfer('webgpu');
  /** The device buffers that each session made; they are lost when the session is disposed. */
  private readonly made = new Map<NativeSession, Set<DeviceBuffer>>();
  /** Sessions that are disposed together with their last buffer. */
  private readonly closing = new Set<NativeSession>();
  /** For each array its copy on the device, or null if it was used once. */
  private readonly uploads = new WeakMap<HostBuffer, DeviceBuffer | null>();

  constructor(private readonly pool: ArrayPool) {}

  sessionOptions(plan: Plan): Readonly<Record<string, unknown>> {
    return webgpuOptions(plan);
  }

  input(buffer: OrtBuffer, shape: readonly number[]): RuntimeTensor {
    if (buffer instanceof DeviceBuffer) return buffer.shaped(shape);
    return (this.upload(buffer) ?? buffer).shaped(shape);
  }

  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
  ): DeviceBuffer[] {
    const results = session.run(feeds, Object.fromEntries(outputs.map(fetch)), {});
    return outputs.map(({ name, dtype, size }) =>
      this.keep(results[name] as RuntimeTensor, dtype, size, session),
    );
  }

  finish(): void {
    // A device computes in order, so a copy that is started now finishes last.
    const marker = new (loadRuntime().Tensor)('float32', new Float32Array(1), [1]);
    this.transfer.copy(marker, 'float32', 'cpu');
  }

  read(buffer: OrtBuffer): Values {
    if (!(buffer instanceof DeviceBuffer)) return buffer.array;
    try {
      return this.transfer.copy(buffer.shaped([buffer.length]), buffer.dtype, 'cpu').data;
    } catch (cause) {
      throw fromRuntime(cause, `reading ${buffer.length} numbers from the device`);
    }
  }

  free(buffer: OrtBuffer): void {
    if (buffer instanceof DeviceBuffer) {
      this.forget(buffer);
      return;
    }
    const copy = this.uploads.get(buffer) ?? null;
    if (copy !== null) this.forget(copy);
    this.uploads.delete(buffer);
    this.pool.give(buffer.dtype, buffer.array);
  }

  close(session: NativeSession): void {
    if (this.made.has(session)) this.closing.add(session);
    else session.dispose();
  }

  dispose(): void {
    for (const buffer of [...this.made.values()].flatMap((set) => [...set])) this.forget(buffer);
    this.transfer.dispose();
    this.pool.clear();
  }

  private upload(buffer: HostBuffer): DeviceBuffer | null {
    const known = this.uploads.get(buffer);
    if (known instanceof DeviceBuffer) return known;
    const { dtype, length } = buffer;
    if (known === undefined || length === 0) {
      this.uploads.set(buffer, null);
      return null;
    }
    const tensor = this.transfer.copy(buffer.shaped([length]), dtype, 'gpu-buffer');
    const copy = this.keep(tensor, dtype, length, this.transfer.session(dtype, 'gpu-buffer'));
    this.uploads.set(buffer, copy);
    return copy;
  }

  private keep(
    tensor: RuntimeTensor,
    dtype: ElementType,
    length: number,
    session: NativeSession,
  ): DeviceBuffer {
    const buffer = new DeviceBuffer(tensor, dtype, length, session);
    const siblings = this.made.get(session);
    if (siblings === undefined) this.made.set(session, new Set([buffer]));
    else siblings.add(buffer);
    this.deviceBytes += buffer.byteLength;
    return buffer;
  }

  private forget(buffer: DeviceBuffer): void {
    const { session, tensor, byteLength } = buffer;
    const siblings = this.made.get(session);
    if (siblings?.delete(buffer) !== true) return;
    tensor.dispose();
    this.deviceBytes -= byteLength;
    if (siblings.size > 0) return;
    this.made.delete(session);
    if (this.closing.delete(session)) session.dispose();
  }
}

/** Without an array, the session makes a buffer for this output. */
const fetch = ({ name }: Slot): [string, null] => [name, null];
