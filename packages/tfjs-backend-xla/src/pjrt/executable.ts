import type { ElementType } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import { DeviceMemory } from './device-memory';
import { Event } from './event';
import { Handle } from './handle';
import { Block, Struct } from './memory';
import type { Plugin } from './plugin';

/** A list of numbers as a program takes or gives it. */
export interface Slot {
  readonly dtype: ElementType;
  readonly length: number;
}

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

  constructor(
    private readonly plugin: Plugin,
    pointer: bigint,
  ) {
    super(pointer);
    const executable = plugin
      .call('LoadedExecutable_GetExecutable', { loaded_executable: pointer })
      .pointerAt('executable');
    this.outputs = plugin.call('Executable_NumOutputs', { executable }).countAt('num_outputs');
    const size = plugin.call('Executable_SizeOfGeneratedCodeInBytes', { executable });
    this.bytes = Math.max(0, Number(BigInt.asIntN(64, size.pointerAt('size_in_bytes'))));
    plugin.call('Executable_Destroy', { executable });
  }

  /**
   * Starts a run.
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
      if (input.dtype !== slot.dtype || input.length !== slot.length)
        throw wrongInput(i, input, slot);
    });
    const given = Block.list(inputs.map(({ pointer }) => pointer));
    const results = new Block(8 * gives.length);
    const lists = Block.list([given.pointer, results.pointer]);
    const events = new Block(8);
    const indices = Block.list(kept.map(BigInt));
    const options = new Struct('ExecuteOptions', {
      non_donatable_input_indices: indices.pointer,
      num_non_donatable_input_indices: BigInt(kept.length),
    });
    try {
      this.plugin.call('LoadedExecutable_Execute', {
        executable: this.pointer,
        options: options.pointer,
        argument_lists: lists.pointer,
        num_devices: 1n,
        num_args: BigInt(inputs.length),
        output_lists: lists.pointer + 8n,
        device_complete_events: events.pointer,
      });
      const outputs = gives.map(({ dtype, length }, i) => {
        const pointer = results.view.getBigUint64(8 * i, true);
        return new DeviceMemory(this.plugin, pointer, dtype, length);
      });
      return { outputs, done: new Event(this.plugin, events.view.getBigUint64(0, true)) };
    } finally {
      for (const each of [given, results, lists, events, indices, options]) each.free();
    }
  }

  protected release(pointer: bigint): void {
    this.plugin.call('LoadedExecutable_Destroy', { executable: pointer });
  }
}

const describe = ({ dtype, length }: Slot): string => `${length} of ${dtype}`;

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
