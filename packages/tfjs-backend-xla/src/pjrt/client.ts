import type { ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { XlaBackendError } from '../errors';
import { compileOptions } from './compile-options';
import { DeviceMemory, ELEMENTS } from './device-memory';
import { withPluginEnvironment } from './environment';
import { Event } from './event';
import { Executable } from './executable';
import { Handle } from './handle';
import { STRUCTS } from './layout';
import { Block, Struct, pointersAt } from './memory';
import type { Plugin } from './plugin';
import { ffi } from './ffi';

const INT64 = 1;
/** The plugin copies the array before the call returns. */
const COPIED_DURING_CALL = 0;

/** A plugin at work on its devices, of which the first is used. */
export class Client extends Handle {
  protected readonly what = 'The client of a PJRT plugin';
  /** `cpu`, `cuda` … */
  readonly platform: string;
  readonly version: string;
  readonly devices: number;
  private readonly device: bigint;

  /**
   * @param options of the plugin, whole numbers; which there are is the plugin's own affair.
   * @throws XlaBackendError `plugin` if there is no device.
   */
  static open(plugin: Plugin, options: Readonly<Record<string, number>> = {}): Client {
    const { given, count, free } = namedValues(options);
    try {
      const values = { create_options: given, num_options: BigInt(count) };
      const made = withPluginEnvironment(() => plugin.call('Client_Create', values));
      return new Client(plugin, made.pointerAt('client'));
    } catch (cause) {
      if (!(cause instanceof XlaBackendError)) throw cause;
      const advice = 'Its devices, or the driver and the libraries for them, are not there.';
      const text = `The PJRT plugin ${plugin.path} does not start. ${cause.message} ${advice}`;
      throw new XlaBackendError('plugin', text, undefined, { cause });
    } finally {
      free();
    }
  }

  private constructor(
    private readonly plugin: Plugin,
    pointer: bigint,
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
    this.devices = devices.length;
    const [first] = devices;
    if (first === undefined) {
      throw new XlaBackendError('plugin', `The PJRT plugin ${plugin.path} has no devices.`);
    }
    this.device = first;
  }

  /** Copies numbers to the device. */
  write(values: Values, dtype: ElementType): DeviceMemory {
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
        device: this.device,
      });
      const buffer = made.pointerAt('buffer');
      const copied = made.pointerAt('done_with_host_buffer');
      if (copied !== 0n) new Event(this.plugin, copied).wait();
      return new DeviceMemory(this.plugin, buffer, dtype, values.length);
    } finally {
      dims.free();
    }
  }

  /**
   * Compiles a StableHLO module.
   * @throws XlaBackendError with the plugin's message, which gives the line.
   */
  compile(module: string): Executable {
    const code = Block.of(Buffer.from(module));
    const format = Block.of(Buffer.from('mlir'));
    const options = Block.of(compileOptions());
    const program = new Struct('Program', {
      code: code.pointer,
      code_size: BigInt(code.size),
      format: format.pointer,
      format_size: BigInt(format.size),
    });
    try {
      const made = this.plugin.call('Client_Compile', {
        client: this.pointer,
        program: program.pointer,
        compile_options: options.pointer,
        compile_options_size: BigInt(options.size),
      });
      return new Executable(this.plugin, made.pointerAt('executable'));
    } finally {
      for (const each of [code, format, options, program]) each.free();
    }
  }

  protected release(pointer: bigint): void {
    this.plugin.call('Client_Destroy', { client: pointer });
  }
}

/** A list of `PJRT_NamedValue`. */
function namedValues(options: Readonly<Record<string, number>>) {
  const { size, own, fields } = STRUCTS.NamedValue;
  const entries = Object.entries(options);
  const list = new Block(size * entries.length);
  const names = entries.map(([name, value], i) => {
    const text = Block.of(Buffer.from(name));
    const put = (at: number, given: bigint): void =>
      list.view.setBigInt64(i * size + at, given, true);
    put(0, BigInt(own));
    put(fields.name[0], text.pointer);
    put(fields.name_size[0], BigInt(text.size));
    list.view.setInt32(i * size + fields.type[0], INT64, true);
    put(fields.int64_value[0], BigInt(value));
    put(fields.value_size[0], 1n);
    return text;
  });
  return {
    given: list.pointer,
    count: entries.length,
    free: () => {
      for (const block of [list, ...names]) block.free();
    },
  };
}
