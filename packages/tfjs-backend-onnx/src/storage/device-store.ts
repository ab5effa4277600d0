import { fromRuntime } from '../errors';
import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { ElementType, Values } from '../graph/types';
import { webgpuRules } from '../optimise/webgpu-rules';
import type { BufferPool } from '../pool';
import type { NativeSession, RuntimeTensor } from '../runtime';
import { loadRuntime } from '../runtime';
import { DeviceValues } from './device-values';
import type { Result, Slot, Store, Stored } from './store';
import { Transfer } from './transfer';
import { webgpuOptions } from './webgpu-session';

/**
 * Values in buffers of a WebGPU device: what a run computes stays there until it is read. Arrays
 * written from JavaScript go along with the run that first needs them; one that is needed again
 * (a frozen weight, say, rather than a batch) gets a copy on the device.
 */
export class DeviceStore implements Store {
  readonly intoArrays = false;
  readonly rules = webgpuRules;
  deviceBytes = 0;
  private readonly transfer = new Transfer('webgpu');
  /** The values on the device that each session made: their buffers are lost with the session. */
  private readonly made = new Map<NativeSession, Set<DeviceValues>>();
  /** Sessions to be disposed with the last of their values. */
  private readonly closing = new Set<NativeSession>();
  /** By array: its copy on the device, or null when it has been used once. */
  private readonly uploads = new WeakMap<Values, DeviceValues | null>();

  constructor(private readonly pool: BufferPool) {}

  sessionOptions(plan: Plan): Readonly<Record<string, unknown>> {
    return webgpuOptions(plan);
  }

  input(node: Node, shape: readonly number[]): RuntimeTensor {
    const values = node.values as Stored;
    if (values instanceof DeviceValues) return values.shaped(shape);
    return (
      this.upload(values, node.dtype)?.shaped(shape) ??
      new (loadRuntime().Tensor)(node.dtype, values, shape)
    );
  }

  run(
    session: NativeSession,
    feeds: Readonly<Record<string, RuntimeTensor>>,
    outputs: readonly Slot[],
  ): Result[] {
    const results = session.run(feeds, Object.fromEntries(outputs.map(fetch)), {});
    return outputs.map(({ name, dtype, size }) => {
      const tensor = results[name] as RuntimeTensor;
      return { values: this.keep(tensor, dtype, size, session), tensor };
    });
  }

  finish(): void {
    // A device computes in order: what is copied now comes back last.
    const marker = new (loadRuntime().Tensor)('float32', new Float32Array(1), [1]);
    this.transfer.copy(marker, 'float32', 'cpu');
  }

  read(values: Stored): Values {
    if (!(values instanceof DeviceValues)) return values;
    try {
      return this.transfer.copy(values.shaped([values.length]), values.dtype, 'cpu').data;
    } catch (cause) {
      throw fromRuntime(cause, `reading ${values.length} numbers from the device`);
    }
  }

  give(dtype: ElementType, values: Stored): void {
    if (values instanceof DeviceValues) {
      this.free(values);
      return;
    }
    const copy = this.uploads.get(values) ?? null;
    if (copy !== null) this.free(copy);
    this.uploads.delete(values);
    this.pool.give(dtype, values);
  }

  close(session: NativeSession): void {
    if (this.made.has(session)) this.closing.add(session);
    else session.dispose();
  }

  dispose(): void {
    for (const values of [...this.made.values()].flatMap((set) => [...set])) this.free(values);
    this.transfer.dispose();
    this.pool.clear();
  }

  private upload(values: Values, dtype: ElementType): DeviceValues | null {
    const known = this.uploads.get(values);
    if (known instanceof DeviceValues) return known;
    if (known === undefined || values.length === 0) {
      this.uploads.set(values, null);
      return null;
    }
    const list = new (loadRuntime().Tensor)(dtype, values, [values.length]);
    const tensor = this.transfer.copy(list, dtype, 'gpu-buffer');
    const session = this.transfer.session(dtype, 'gpu-buffer');
    const copy = this.keep(tensor, dtype, values.length, session);
    this.uploads.set(values, copy);
    return copy;
  }

  private keep(
    tensor: RuntimeTensor,
    dtype: ElementType,
    length: number,
    session: NativeSession,
  ): DeviceValues {
    const values = new DeviceValues(tensor, dtype, length, session);
    const siblings = this.made.get(session);
    if (siblings === undefined) this.made.set(session, new Set([values]));
    else siblings.add(values);
    this.deviceBytes += values.byteLength;
    return values;
  }

  private free(values: DeviceValues): void {
    const { session, tensor, byteLength } = values;
    const siblings = this.made.get(session);
    if (siblings?.delete(values) !== true) return;
    tensor.dispose();
    this.deviceBytes -= byteLength;
    if (siblings.size > 0) return;
    this.made.delete(session);
    if (this.closing.delete(session)) session.dispose();
  }
}

/** No array for this output: the session makes a buffer. */
const fetch = ({ name }: Slot): [string, null] => [name, null];
