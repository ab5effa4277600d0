import type {
  Buffer,
  Constants,
  ElementType,
  Executor,
  Plan,
  Program,
  Values,
} from '@crossweave/tfjs-backend-onnx/graph';
import { emptyValues } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import type { Event } from '../pjrt/event';
import { DeviceTable } from './device-table';
import { XlaBuffer, own } from './xla-buffer';
import { PreparedProgram } from './prepared-program';
import type { Compiler } from './xla-program';
import { XlaProgram, moduleOf } from './xla-program';

/** XLA on the devices of a plugin's client. Programs run while JavaScript goes on. */
export class XlaExecutor implements Executor {
  readonly pooledBytes = 0;
  readonly isAsynchronous = true;
  private readonly table: DeviceTable;
  /** Copies to arrays that are under way. */
  private readonly copies = new Set<Event>();
  private readonly prepared: PreparedProgram;

  /** @param compiler its client is closed with the executor. */
  constructor(private readonly compiler: Compiler) {
    this.table = new DeviceTable(compiler.client);
    this.prepared = new PreparedProgram(compiler);
  }

  get devices(): number {
    return this.compiler.client.devices;
  }

  get deviceBytes(): number {
    return this.table.bytes;
  }

  compile(plan: Plan, constants: Constants): Program {
    return new XlaProgram(plan, constants, this.prepared, this.table);
  }

  async prepare(
    plan: Plan,
    constants: Constants,
    inputs: readonly (Buffer | null)[],
  ): Promise<void> {
    const isSplit = inputs.map((buffer) => buffer !== null && own(buffer).isSplit);
    await this.prepared.prepare(moduleOf(plan, constants, this.compiler, isSplit).text);
  }

  allocate(dtype: ElementType, length: number): Values {
    return emptyValues(dtype, length);
  }

  adopt(values: Values, dtype: ElementType): Buffer {
    return new XlaBuffer(dtype, values.length, values, null, null);
  }

  /** What is on the devices already comes back first, and goes there again in parts. */
  split(buffer: Buffer): void {
    const given = held(buffer);
    if (given.isSplit || this.devices === 1) return;
    const values = this.read(given).slice();
    this.table.free(given);
    given.array = values;
    given.isSplit = true;
  }

  read(buffer: Buffer): Values {
    const given = held(buffer);
    if (given.array !== null) return given.array;
    given.run?.settle();
    const values = emptyValues(given.dtype, given.length);
    this.table.memoryOf(given).read(values).wait();
    return values;
  }

  async readLater(buffer: Buffer): Promise<Values> {
    const given = held(buffer);
    if (given.array !== null) return given.array.slice();
    const values = emptyValues(given.dtype, given.length);
    // Begun at once: the buffer may be freed, or taken, while this waits.
    const copied = this.table.memoryOf(given).read(values);
    this.copies.add(copied);
    try {
      await given.run?.settled();
    } finally {
      // The array must not go while the device writes to it.
      await copied.settled().finally(() => this.copies.delete(copied));
    }
    return values;
  }

  peek(buffer: Buffer): Values | null {
    return own(buffer).array;
  }

  free(buffer: Buffer): void {
    this.table.free(own(buffer));
  }

  finish(): void {
    this.table.finish();
  }

  dispose(): void {
    for (const copy of this.copies) copy.wait();
    this.table.dispose();
    this.prepared.dispose();
  }
}

/** A buffer that is still there. */
function held(buffer: Buffer): XlaBuffer {
  const given = own(buffer);
  if (!given.isLost && (given.array !== null || given.memory !== null)) return given;
  throw new XlaBackendError('disposed', 'A buffer was read that has been freed or written over.');
}
