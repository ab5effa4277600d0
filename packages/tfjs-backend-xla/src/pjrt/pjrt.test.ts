import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { XlaBackendError } from '../errors';
import { findPlugin } from '../plugins/find-plugin';
import { Client } from './client';
import { compileOptions } from './compile-options';
import { withPluginEnvironment } from './environment';
import type { Slot } from './device-memory';
import { STRUCTS } from './layout';
import { Struct } from './memory';
import { Plugin } from './plugin';

const reason = withoutPlugin();
const LIST: Slot = { dtype: 'float32', length: 3, isSplit: false };

/** Doubles a list, which may be written over. */
const DOUBLE = `module @m {
func.func public @main(%x: tensor<3xf32> {tf.aliasing_output = 0 : i32}) -> tensor<3xf32> {
%0 = "stablehlo.add"(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
"func.return"(%0) : (tensor<3xf32>) -> ()
}
}`;

/** A product of so many rows that a thread of XLA's computes it while the caller goes on. */
const SIZE = 1024;
const PRODUCT = `module @m {
func.func public @main(%x: tensor<${SIZE ** 2}xf32>) -> tensor<${SIZE ** 2}xf32> {
%0 = "stablehlo.reshape"(%x) : (tensor<${SIZE ** 2}xf32>) -> tensor<${SIZE}x${SIZE}xf32>
%1 = "stablehlo.dot_general"(%0, %0) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>} : (tensor<${SIZE}x${SIZE}xf32>, tensor<${SIZE}x${SIZE}xf32>) -> tensor<${SIZE}x${SIZE}xf32>
%2 = "stablehlo.reshape"(%1) : (tensor<${SIZE}x${SIZE}xf32>) -> tensor<${SIZE ** 2}xf32>
"func.return"(%2) : (tensor<${SIZE ** 2}xf32>) -> ()
}
}`;

const errorOf = (run: () => unknown): XlaBackendError => {
  try {
    run();
  } catch (error) {
    if (XlaBackendError.is(error)) return error;
    throw error;
  }
  return expect.fail('nothing was thrown');
};

describe('the layout of PJRT', () => {
  it('has fields inside of their structs, none over another', () => {
    for (const [name, { size, own, fields }] of Object.entries(STRUCTS)) {
      expect(own, name).toBeLessThanOrEqual(size);
      const bytes = { pointer: 8, int: 4, float: 4, bool: 1 };
      for (const [at, kind] of Object.values(fields) as [number, keyof typeof bytes][]) {
        expect(at % bytes[kind], name).toBe(0);
        expect(at + bytes[kind], name).toBeLessThanOrEqual(own);
      }
    }
  });

  it('is what structs are written by', () => {
    const struct = new Struct('Program', { code: 4096n, format_size: 4n });
    const { view } = struct.block;
    expect([0, 8, 16, 24, 32, 40].map((at) => view.getBigUint64(at, true))).toEqual([
      48n,
      0n,
      4096n,
      0n,
      0n,
      4n,
    ]);
    struct.free();
  });
});

it('writes the options of a compilation as a protobuf message', () => {
  // build options: any device (-1), one replica, one partition
  expect(Buffer.from(compileOptions()).toString('hex')).toBe('1a0f08ffffffffffffffffff0120012801');
});

it('shows a plugin no flags, and puts the environment back', () => {
  const before = process.env['XLA_FLAGS'];
  process.env['XLA_FLAGS'] = '--no_such_flag';
  try {
    const seen = withPluginEnvironment(() => process.env['XLA_FLAGS']);
    expect(seen).toBeUndefined();
    expect(process.env['XLA_FLAGS']).toBe('--no_such_flag');
  } finally {
    if (before === undefined) delete process.env['XLA_FLAGS'];
    else process.env['XLA_FLAGS'] = before;
  }
});

describe.skipIf(reason !== null)(named('a client of a plugin', reason), () => {
  let client: Client;
  const flags = process.env['XLA_FLAGS'];
  beforeAll(() => {
    process.env['XLA_FLAGS'] = '--no_such_flag';
    client = Client.open(Plugin.load(findPlugin('cpu')), { cpu_device_count: 1 });
  });
  afterAll(() => {
    client.destroy();
    if (flags === undefined) delete process.env['XLA_FLAGS'];
    else process.env['XLA_FLAGS'] = flags;
  });

  const read = (memory: ReturnType<Client['write']>): number[] => {
    const values = new Float32Array(memory.length);
    memory.read(values).wait();
    return [...values];
  };

  it('starts whatever XLA_FLAGS says', () => {
    expect(client.platform).toBe('cpu');
    expect(client.devices).toBe(1);
  });

  it('says which plugin does not start, and why', () => {
    const path = findPlugin('cpu');
    const error = errorOf(() => Client.open(Plugin.load(path), { cpu_device_count: true }));
    expect(error.code).toBe('plugin');
    expect(error.message).toMatch(
      /^The PJRT plugin .* does not start: XLA failed in Client_Create \(code 3\): .*cpu_device_count/,
    );
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/the driver and the libraries for them, are not there\.$/);
  });

  it('starts a plugin without an option that it does not have', () => {
    const other = Client.open(Plugin.load(findPlugin('cpu')), { no_such_option: true });
    expect(other.platform).toBe('cpu');
    other.destroy();
  });

  it('frees an event while a thread waits for it', async () => {
    const slot: Slot = { ...LIST, length: SIZE ** 2 };
    const program = client.compile(PRODUCT);
    const x = client.write(new Float32Array(slot.length).fill(1), 'float32');
    let wasAwaited = false;
    // A run that ends before it is asked for needs no thread: another one is tried.
    for (let tries = 0; !wasAwaited && tries < 50; tries++) {
      const { outputs, done } = program.launch([x], [slot], [slot], []);
      let isOver = false;
      const happened = done.happened().then(() => (isOver = true));
      while (!isOver && !client.plugin.isAwaited) await new Promise(setImmediate);
      wasAwaited = client.plugin.isAwaited;
      done.wait();
      expect(done.isFreed).toBe(true);
      await happened;
      expect(client.plugin.isAwaited).toBe(false);
      expect(read(outputs[0]!)[7]).toBe(SIZE);
      outputs[0]!.destroy();
    }
    expect(wasAwaited).toBe(true);
    x.destroy();
    program.destroy();
  });

  it('writes over an input that is given, and leaves one that is not', () => {
    const program = client.compile(DOUBLE);
    const x = client.write(Float32Array.of(1, 2, 3), 'float32');
    const kept = program.launch([x], [LIST], [LIST], [0]);
    kept.done.wait();
    expect(read(kept.outputs[0]!)).toEqual([2, 4, 6]);
    expect(read(x)).toEqual([1, 2, 3]);
    const taken = program.launch([x], [LIST], [LIST], []);
    taken.done.wait();
    expect(read(taken.outputs[0]!)).toEqual([2, 4, 6]);
    expect(errorOf(() => read(x)).code).toBe('runtime');
    for (const each of [x, kept.outputs[0]!, taken.outputs[0]!]) each.destroy();
    program.destroy();
  });

  it('checks what the plugin does not: types, sizes and counts', () => {
    const program = client.compile(DOUBLE);
    const launch = (...inputs: ReturnType<Client['write']>[]): unknown =>
      program.launch(inputs, [LIST], [LIST], []);
    const integers = client.write(Int32Array.of(1, 2, 3), 'int32');
    const short = client.write(Float32Array.of(1, 2), 'float32');
    expect(errorOf(() => launch(integers)).message).toBe(
      'Input 0 of a program must be 3 of float32; got 3 of int32.',
    );
    expect(errorOf(() => launch(short)).message).toContain('got 2 of float32');
    expect(errorOf(() => launch()).message).toContain('got 0 and 1');
    expect(errorOf(() => client.write(Int32Array.of(1), 'bool')).code).toBe('runtime');
    for (const each of [integers, short, program]) each.destroy();
  });

  it('refuses what was freed', () => {
    const x = client.write(Float32Array.of(1, 2, 3), 'float32');
    x.destroy();
    x.destroy();
    expect(errorOf(() => read(x)).code).toBe('disposed');
  });

  it('hands on what XLA says of a module, and goes on', () => {
    const error = errorOf(() => client.compile(DOUBLE.replace('stablehlo.add', 'stablehlo.plus')));
    expect(error.code).toBe('runtime');
    expect(error.message).toMatch(/^XLA failed in Client_Compile \(code \d+\): .*plus/s);
    client.compile(DOUBLE).destroy();
  });
});
