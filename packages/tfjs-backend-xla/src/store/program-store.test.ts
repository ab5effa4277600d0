import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { Client } from '../pjrt/client';
import type { Slot } from '../pjrt/device-memory';
import { Plugin } from '../pjrt/plugin';
import { findPlugin } from '../plugins/find-plugin';
import { defaultFolder } from './machine';
import { ProgramStore } from './program-store';
import { readSealed, trimFolder, writeSealed } from './sealed-files';

const reason = withoutPlugin();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossweave-programs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('keeps programs in the folder for caches', () => {
  expect(defaultFolder({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'crossweave', 'xla'));
  expect(defaultFolder({})).toMatch(/\.cache.crossweave.xla$/);
});

describe('sealed files', () => {
  it('come back as they were written, or are refused', () => {
    const path = join(folder, 'a', 'b.x');
    expect(readSealed(path)).toBeNull();
    writeSealed(path, Uint8Array.of(1, 2, 3));
    expect([...readSealed(path)!]).toEqual([1, 2, 3]);
    expect(readdirSync(join(folder, 'a'))).toEqual(['b.x']);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, -1));
    expect(() => readSealed(path)).toThrow('not those that were written');
  });

  it('make room, the oldest first, what was never finished among them', () => {
    ['e.x.7.partial', 'a.x', 'b.x', 'c.x', 'd.y'].forEach((name, i) => {
      const path = join(folder, name);
      writeFileSync(path, Buffer.alloc(10));
      utimesSync(path, 100 + i, 100 + i);
    });
    trimFolder(folder, '.x', 20);
    expect(readdirSync(folder).sort()).toEqual(['b.x', 'c.x', 'd.y']);
  });
});

describe.skipIf(reason !== null)(named('compiled programs on disk', reason), () => {
  let client: Client;
  beforeAll(() => {
    client = Client.open(Plugin.load(findPlugin('cpu')), { cpu_device_count: 1 });
  });
  afterAll(() => client.destroy());

  const LIST: Slot = { dtype: 'float32', length: 3, isSplit: false };
  const MODULE = `module @m {
func.func public @main(%x: tensor<3xf32>) -> tensor<3xf32> {
%0 = "stablehlo.add"(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
"func.return"(%0) : (tensor<3xf32>) -> ()
}
}`;

  /** Compiles by a store of its own, runs, and gives how often XLA compiled, and the notes. */
  function doubled(): { readonly compiles: number; readonly notes: readonly string[] } {
    const notes: string[] = [];
    let compiles = 0;
    const counting = new Proxy(client, {
      get: (of, name) => {
        if (name === 'compile') compiles++;
        const value: unknown = Reflect.get(of, name, of);
        return typeof value === 'function' ? (value.bind(of) as unknown) : value;
      },
    });
    const store = new ProgramStore(folder, counting, (text) => notes.push(text), 100);
    const program = store.compile(MODULE);
    const x = client.write(Float32Array.of(1, 2, 3), 'float32');
    const { outputs, done } = program.launch([x], [LIST], [LIST], []);
    done.wait();
    const values = new Float32Array(3);
    outputs[0]!.read(values).wait();
    expect([...values]).toEqual([2, 4, 6]);
    for (const each of [x, ...outputs, program]) each.destroy();
    return { compiles, notes };
  }

  it('are compiled once', () => {
    expect(doubled()).toEqual({ compiles: 1, notes: [] });
    expect(doubled()).toEqual({ compiles: 0, notes: [] });
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('are compiled again, and replaced, when they are damaged', () => {
    doubled();
    const [name] = readdirSync(folder);
    const path = join(folder, name!);
    const whole = readFileSync(path);
    for (const damaged of [whole.subarray(0, 50), Buffer.alloc(0), whole.map((byte) => byte ^ 1)]) {
      writeFileSync(path, damaged);
      const { compiles, notes } = doubled();
      expect(compiles).toBe(1);
      expect(notes).toHaveLength(1);
      expect(notes[0]).toMatch(/\.pjrt is left out, and compiled anew: its contents are not/);
      expect(doubled()).toEqual({ compiles: 0, notes: [] });
    }
  });

  it('are refused by a plugin that did not make them, and compiled', () => {
    doubled();
    const [name] = readdirSync(folder);
    writeSealed(join(folder, name!), Uint8Array.of(1, 2, 3));
    const { compiles, notes } = doubled();
    expect(compiles).toBe(1);
    expect(notes[0]).toContain('XLA failed in Executable_DeserializeAndLoad');
  });

  it('are compiled each time where the folder cannot be written, which is said once', () => {
    const inFile = join(folder, 'file');
    writeFileSync(inFile, '');
    const notes: string[] = [];
    for (let i = 0; i < 2; i++) {
      const store = new ProgramStore(inFile, client, (text) => notes.push(text), 100);
      store.compile(MODULE).destroy();
    }
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`Compiled programs are not kept in ${inFile}: `);
  });
});
