import { XlaBackendError } from '../errors';
import type { Slot } from './device-memory';
import { DeviceMemory } from './device-memory';
import { Event } from './event';
import { Handle } from './handle';
import { Block, Struct, bytesAt } from './memory';
import type { Plugin } from './plugin';

/** What a run gives, some time before it is computed. */
export interface Launched {
  readonly outputs: readonly DeviceMemory[];
  readonly done: Event;
}

/** A compiled program. */
export class Executable extends Handle {
  protected readonly what = 'A compiled program';
  /** Bytes of its code; 0 where the plugin does not say. */
  readonly bytes: number;
  readonly outputs: number;
  private lists: ArgumentLists | undefined;

  constructor(
    private readonly plugin: Plugin,
    pointer: bigint,
    /** How many devices run it together. */
    private readonly devices: number,
  ) {
    super(pointer);
    [this.outputs, this.bytes] = this.described((executable) => {
      const outputs = plugin.call('Executable_NumOutputs', { executable }).countAt('num_outputs');
      const size = plugin.call('Executable_SizeOfGeneratedCodeInBytes', { executable });
      return [outputs, Math.max(0, Number(BigInt.asIntN(64, size.pointerAt('size_in_bytes'))))];
    });
  }

  /** Bytes that a run takes on each device: of its inputs and outputs, and between them. */
  get memory(): { readonly inputs: number; readonly outputs: number; readonly between: number } {
    return this.described((executable) => {
      const found = this.plugin.call('Executable_GetCompiledMemoryStats', { executable });
      return {
        inputs: found.countAt('argument_size_in_bytes'),
        outputs: found.countAt('output_size_in_bytes'),
        between: found.countAt('temp_size_in_bytes'),
      };
    });
  }

  /** The program as bytes for `Client.deserialize`. @throws XlaBackendError if it has no such form. */
  serialize(): Uint8Array {
    return this.described((executable) => {
      const made = this.plugin.call('Executable_Serialize', { executable });
      const [from, size, backing, free] = [
        made.pointerAt('serialized_bytes'),
        made.countAt('serialized_bytes_size'),
        made.pointerAt('serialized_executable'),
        made.pointerAt('serialized_executable_deleter'),
      ];
      const bytes = Uint8Array.from(bytesAt(from, size));
      this.plugin.callBack(free, backing);
      return bytes;
    });
  }

  /**
   * Starts a run on all its devices.
   * @param inputs checked here against `takes`: the plugin looks at no type and no shape.
   * @param kept places of inputs that the program would write over, and must not this time.
   * @throws XlaBackendError `runtime` for inputs or outputs that are not of those types and sizes.
   */
  launch(
    inputs: readonly DeviceMemory[],
    takes: readonly Slot[],
    gives: readonly Slot[],
    kept: readonly number[],
  ): Launched {
    if (inputs.length !== takes.length || this.outputs !== gives.length) {
      throw wrongCount(inputs.length, takes.length, this.outputs, gives.length);
    }
    inputs.forEach((input, i) => {
      const slot = takes[i] as Slot;
      const { dtype, length, isSplit } = slot;
      const fits = input.dtype === dtype && input.length === length && input.isSplit === isSplit;
      if (!fits) throw wrongInput(i, input, slot);
    });
    this.lists ??= new ArgumentLists(this.devices, inputs.length, gives.length);
    const { given, results, takenFrom, givenTo, events, options } = this.lists;
    given.forEach((block, device) =>
      inputs.forEach(({ pointers }, i) => block.setPointer(i, pointers[device] as bigint)),
    );
    const indices = Block.list(kept.map(BigInt));
    options.set('non_donatable_input_indices', indices.pointer);
    options.set('num_non_donatable_input_indices', BigInt(kept.length));
    try {
      this.plugin.call('LoadedExecutable_Execute', {
        executable: this.pointer,
        options: options.pointer,
        argument_lists: takenFrom.pointer,
        num_devices: BigInt(this.devices),
        num_args: BigInt(inputs.length),
        output_lists: givenTo.pointer,
        device_complete_events: events.pointer,
      });
      const outputs = gives.map(
        (slot, i) =>
          new DeviceMemory(
            this.plugin,
            results.map((block) => block.pointerAt(i)),
            slot,
          ),
      );
      const done = results.map((_, device) => events.pointerAt(device));
      return { outputs, done: new Event(this.plugin, ...done) };
    } finally {
      indices.free();
    }
  }

  /** Calls `read` with what the plugin has to say of the program. */
  private described<T>(read: (executable: bigint) => T): T {
    const executable = this.plugin
      .call('LoadedExecutable_GetExecutable', { loaded_executable: this.pointer })
      .pointerAt('executable');
    try {
      return read(executable);
    } finally {
      this.plugin.call('Executable_Destroy', { executable });
    }
  }

  protected release(pointer: bigint): void {
    this.lists?.free();
    this.plugin.call('LoadedExecutable_Destroy', { executable: pointer });
  }
}

/** Memory for the arguments and results of a launch, which each launch of a program fills in again. */
class ArgumentLists {
  /** By device. */
  readonly given: readonly Block[];
  readonly results: readonly Block[];
  readonly takenFrom: Block;
  readonly givenTo: Block;
  readonly events: Block;
  readonly options = new Struct('ExecuteOptions');

  constructor(devices: number, inputs: number, outputs: number) {
    const blocks = (length: number): Block[] =>
      Array.from({ length: devices }, () => new Block(8 * length));
    [this.given, this.results] = [blocks(inputs), blocks(outputs)];
    [this.takenFrom, this.givenTo] = [this.given, this.results].map((list) =>
      Block.list(list.map(({ pointer }) => pointer)),
    ) as [Block, Block];
    this.events = new Block(8 * devices);
  }

  free(): void {
    const { given, results, takenFrom, givenTo, events, options } = this;
    for (const each of [...given, ...results, takenFrom, givenTo, events, options]) each.free();
  }
}

const describe = ({ dtype, length, isSplit }: Slot): string =>
  `${length} of ${dtype}${isSplit ? ', split' : ''}`;

function wrongInput(place: number, got: Slot, expected: Slot): XlaBackendError {
  return new XlaBackendError(
    'runtime',
    `Input ${place} of a program must be ${describe(expected)}; got ${describe(got)}.`,
  );
}

function wrongCount(
  inputs: number,
  takes: number,
  outputs: number,
  gives: number,
): XlaBackendError {
  return new XlaBackendError(
    'runtime',
    `A program takes ${takes} inputs and gives ${outputs} outputs; got ${inputs} and ${gives}.`,
  );
}
