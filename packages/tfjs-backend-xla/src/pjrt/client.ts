import type { ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import { DeviceMemory, ELEMENTS, partsOf } from './device-memory';
import { withPluginEnvironment } from './environment';
import { Event } from './event';
import { Executable } from './executable';
import { Handle } from './handle';
import { Block, pointersAt } from './memory';
import type { NamedValues } from './named-values';
import { namedValues } from './named-values';
import type { Plugin } from './plugin';
import { toCompile, toLoad } from './program-arguments';
import { ffi } from './ffi';

/** The plugin copies the array before the call returns. */
const COPIED_DURING_CALL = 0;

/** A plugin at work on the first of its devices. */
export class Client extends Handle {
  protected readonly what = 'The client of a PJRT plugin';
  /** `cpu`, `cuda` … */
  readonly platform: string;
  readonly version: string;
  private readonly used: readonly bigint[];

  /**
   * @param options of the plugin; one that does not know them is started without.
   * @param devices how many of its devices compute together.
   * @param needs what the plugin needs to start, in sentences, for the error's advice.
   * @throws XlaBackendError `plugin` if it does not start, or has not as many.
   */
  static open(
    plugin: Plugin,
    options: NamedValues = {},
    devices = 1,
    needs = 'Its devices, or the driver and the libraries for them, are not there.',
  ): Client {
    try {
      return new Client(plugin, created(plugin, options), devices);
    } catch (cause) {
      if (!(cause instanceof XlaBackendError) || cause.code === 'plugin') throw cause;
      const text = `The PJRT plugin ${plugin.path} does not start: ${cause.summary}`;
      throw new XlaBackendError('plugin', text.replace(/\.?$/, '.'), undefined, {
        cause,
        advice: needs,
      });
    }
  }

  private constructor(
    readonly plugin: Plugin,
    pointer: bigint,
    count: number,
  ) {
    super(pointer);
    const client = { client: pointer };
    const name = plugin.call('Client_PlatformName', client);
    this.platform = name.textAt('platform_name', 'platform_name_size').toLowerCase();
    const version = plugin.call('Client_PlatformVersion', client);
    this.version = version.textAt('platform_version', 'platform_version_size');
    const list = plugin.call('Client_AddressableDevices', client);
    const devices = pointersAt(
      list.pointerAt('addressable_devices'),
      list.countAt('num_addressable_devices'),
    );
    this.used = devices.slice(0, count);
    if (devices.length < count) {
      this.destroy();
      throw new XlaBackendError(
        'plugin',
        `The PJRT plugin ${plugin.path} has ${devices.length} devices; expected at least ${count}.`,
        undefined,
        { advice: 'Ask for fewer devices.' },
      );
    }
  }

  /** How many devices compute together. */
  get devices(): number {
    return this.used.length;
  }

  /**
   * Copies numbers to the devices.
   * @param isSplit whether each device gets an equal part of them, or all.
   */
  write(values: Values, dtype: ElementType, isSplit = false): DeviceMemory {
    const parts = isSplit ? partsOf(values, this.devices) : this.used.map(() => values);
    const pointers = this.used.map((device, i) => this.put(parts[i] as Values, dtype, device));
    return new DeviceMemory(this.plugin, pointers, { dtype, length: values.length, isSplit });
  }

  /** What its first device is, as in "NVIDIA H100 80GB HBM3". */
  get deviceKind(): string {
    const device = this.used[0] as bigint;
    const description = this.plugin.call('Device_GetDescription', { device });
    const kind = this.plugin.call('DeviceDescription_Kind', {
      device_description: description.pointerAt('device_description'),
    });
    return kind.textAt('device_kind', 'device_kind_size');
  }

  /** Whether compiled programs can be taken out of a process and into another. */
  get canSerialize(): boolean {
    const needed = ['Executable_Serialize', 'Executable_DeserializeAndLoad'] as const;
    return needed.every((name) => this.plugin.has(name));
  }

  /**
   * A program that was serialised by the same plugin for the same devices.
   * @throws XlaBackendError for bytes that it does not take. Damaged ones may end the process.
   */
  deserialize(bytes: Uint8Array): Executable {
    using given = toLoad(this.pointer, bytes);
    const made = this.plugin.call('Executable_DeserializeAndLoad', given.values);
    return this.executable(made.pointerAt('loaded_executable'));
  }

  /** The same while JavaScript goes on. */
  async deserializeLater(bytes: Uint8Array): Promise<Executable> {
    using given = toLoad(this.pointer, bytes);
    const made = await this.plugin.callLater('Executable_DeserializeAndLoad', given.values);
    try {
      return this.executable(made.pointerAt('loaded_executable'));
    } finally {
      made.free();
    }
  }

  /**
   * Compiles a StableHLO module for all its devices.
   * @throws XlaBackendError with the plugin's message, which gives the line.
   */
  compile(module: string): Executable {
    using given = toCompile(this.pointer, module, this.devices);
    return this.executable(
      this.plugin.call('Client_Compile', given.values).pointerAt('executable'),
    );
  }

  /** The same while JavaScript goes on. The client must not be destroyed meanwhile. */
  async compileLater(module: string): Promise<Executable> {
    using given = toCompile(this.pointer, module, this.devices);
    const made = await this.plugin.callLater('Client_Compile', given.values);
    try {
      return this.executable(made.pointerAt('executable'));
    } finally {
      made.free();
    }
  }

  private executable(pointer: bigint): Executable {
    return new Executable(this.plugin, pointer, this.devices);
  }

  private put(values: Values, dtype: ElementType, device: bigint): bigint {
    const { code, bytes } = ELEMENTS[dtype];
    if (values.byteLength !== values.length * bytes) {
      throw new XlaBackendError(
        'runtime',
        `An array of ${values.byteLength} bytes is not ${values.length} elements of ${dtype}.`,
      );
    }
    const dims = Block.list([BigInt(values.length)]);
    try {
      const made = this.plugin.call('Client_BufferFromHostBuffer', {
        client: this.pointer,
        data: ffi().address(values),
        type: code,
        dims: dims.pointer,
        num_dims: 1n,
        host_buffer_semantics: COPIED_DURING_CALL,
        device,
      });
      const buffer = made.pointerAt('buffer');
      const copied = made.pointerAt('done_with_host_buffer');
      if (copied !== 0n) new Event(this.plugin, copied).wait();
      return buffer;
    } finally {
      dims.free();
    }
  }

  protected release(pointer: bigint): void {
    this.plugin.call('Client_Destroy', { client: pointer });
  }
}

/** What plugins say to an option that they do not have. */
const UNKNOWN_OPTION = /unexpected option name/i;

/** The pointer of a new client. */
function created(plugin: Plugin, options: NamedValues): bigint {
  const { given, count, free } = namedValues(options);
  const values = { create_options: given, num_options: BigInt(count) };
  try {
    const made = withPluginEnvironment(() => plugin.call('Client_Create', values));
    return made.pointerAt('client');
  } catch (error) {
    if (count > 0 && UNKNOWN_OPTION.test(String(error))) return created(plugin, {});
    throw error;
  } finally {
    free();
  }
}
