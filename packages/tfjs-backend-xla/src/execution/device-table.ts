import type { DeviceMemory } from '../pjrt/device-memory';
import type { Client } from '../pjrt/client';
import type { Run } from './run';
import { XlaBuffer } from './xla-buffer';

/** Arrays of more elements are let go once the device has them: floats that only programs need. */
const MAX_KEPT = 1024;
/** Runs that may be under way: more would only hold memory. */
const MAX_RUNS = 16;

/** What is on the device, and what is under way there. */
export class DeviceTable {
  /** Bytes of all memory that is held. */
  bytes = 0;
  /** In no order: each knows its place, since a set would cost as much as freeing the memory. */
  private readonly live: DeviceMemory[] = [];
  private readonly runs: Run[] = [];
  /**
   * Memory of buffers that nobody gives back: constants of kernels, of which the graph keeps no account.
   * The registry is told of numbers from JavaScript alone, since it costs more than a launch does for a
   * buffer; those of results are the graph's, which frees them.
   */
  private readonly forgotten = new FinalizationRegistry<DeviceMemory>((memory) => {
    this.release(memory);
  });

  constructor(private readonly client: Client) {}

  /** The buffer's memory on the device, to which it is written now if need be. */
  memoryOf(buffer: XlaBuffer): DeviceMemory {
    if (buffer.memory !== null) return buffer.memory;
    if (buffer.array === null) throw new TypeError('A buffer has neither an array nor memory.');
    const memory = this.client.write(buffer.array, buffer.dtype, buffer.isSplit);
    buffer.memory = memory;
    this.hold(memory);
    this.forgotten.register(buffer, memory, buffer);
    if (buffer.dtype === 'float32' && buffer.length > MAX_KEPT) buffer.array = null;
    return memory;
  }

  /** A buffer of a program's output. */
  computed(memory: DeviceMemory, run: Run): XlaBuffer {
    const buffer = new XlaBuffer(memory.dtype, memory.length, null, memory, run);
    this.hold(memory);
    return buffer;
  }

  /** Notes a run; the oldest is waited for when there are too many. */
  started(run: Run): void {
    this.runs.push(run);
    if (this.runs.length > MAX_RUNS) this.finishOldest();
  }

  finish(): void {
    while (this.runs.length > 0) this.finishOldest();
  }

  /** Gives everything back, after which the client may be closed. */
  dispose(): void {
    this.finish();
    for (const memory of [...this.live]) this.release(memory);
  }

  /** A program has taken the memory. */
  lose(buffer: XlaBuffer): void {
    this.free(buffer);
    buffer.isLost = true;
  }

  /** Gives the memory back; what is under way with it goes on. */
  free(buffer: XlaBuffer): void {
    if (buffer.memory !== null) {
      if (buffer.run === null) this.forgotten.unregister(buffer);
      this.release(buffer.memory);
    }
    buffer.memory = null;
    buffer.array = null;
  }

  private hold(memory: DeviceMemory): void {
    this.bytes += memory.byteLength;
    memory.place = this.live.push(memory) - 1;
  }

  private release(memory: DeviceMemory): void {
    if (memory.place === -1) return;
    const last = this.live.pop() as DeviceMemory;
    if (last !== memory) {
      this.live[memory.place] = last;
      last.place = memory.place;
    }
    memory.place = -1;
    this.bytes -= memory.byteLength;
    memory.destroy();
  }

  private finishOldest(): void {
    try {
      this.runs.shift()?.settle();
    } catch {
      // The run stores its error. Reading one of its results throws the error.
    }
  }
}
