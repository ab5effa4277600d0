import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memory } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CrossweaveError,
  DataError,
  FileFormatError,
  StateDictError,
  foldIn,
  key,
  randomInteger,
  disposeParams,
  type Params,
} from '@crossweave/core';
import { paramsFromSafetensors } from '../safetensors/params';
import { parseSafetensors, serializeSafetensors } from '../safetensors/safetensors';
import { loadSafetensors } from './safetensors';
import { openSafetensors } from './safetensors-source';

const reference = fileURLToPath(new URL('../../fixtures/reference.safetensors', import.meta.url));

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  path = join(folder, 'model.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

const bits = (params: Params): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      [value.dtype, value.shape, [...value.dataSync()]],
    ]),
  );

describe('reading bit by bit', () => {
  it('gives what reading the whole file gives, of every type', async () => {
    const streamed = await loadSafetensors(reference);
    const whole = paramsFromSafetensors(parseSafetensors(await readFile(reference)));
    expect(bits(streamed)).toEqual(bits(whole));
    [streamed, whole].forEach(disposeParams);
  });

  it.each(['F16', 'BF16', 'F64', 'I64'] as const)('decodes %s in chunks', async (dtype) => {
    // More than one chunk of decoding, and not a multiple of it.
    const count = 300_001;
    const data = {
      F16: new Uint16Array(count).map((_, i) => i % 0x7c00),
      BF16: new Uint16Array(count).map((_, i) => i % 0x7f80),
      F64: new Float64Array(count).map((_, i) => i / 3),
      I64: new BigInt64Array(count).map((_, i) => BigInt(-i)),
    }[dtype];
    const stored = { dtype, shape: [count], data: new Uint8Array(data.buffer) };
    const bytes = serializeSafetensors([['x', stored]]);
    await writeFile(path, bytes);
    const streamed = await loadSafetensors(path);
    const whole = paramsFromSafetensors(parseSafetensors(bytes));
    const [read, wanted] = [streamed, whole].map(({ x }) => Buffer.from(x!.dataSync().buffer));
    expect(read!.equals(wanted!)).toBe(true);
    [streamed, whole].forEach(disposeParams);
  });

  it('reads a part of a tensor along axis 0', async () => {
    const data = new Uint8Array(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer);
    await writeFile(path, serializeSafetensors([['x', { dtype: 'F32', shape: [3, 2], data }]]));
    await using source = await openSafetensors(path);
    const middle = await source.read('x', { index: 1, of: 3 });
    expect([middle.shape, ...middle.dataSync()]).toEqual([[1, 2], 3, 4]);
    middle.dispose();
    await expect(source.read('x', { index: 0, of: 2 })).rejects.toThrow(
      /"x" cannot be split into 2 equal parts; expected a multiple of 2 on axis 0; got \[3, 2\]/,
    );
    await expect(source.read('y')).rejects.toThrow(StateDictError);
  });
});

describe('a damaged file', () => {
  it('that becomes shorter while it is read', async () => {
    const data = new Uint8Array(64);
    await writeFile(path, serializeSafetensors([['x', { dtype: 'U8', shape: [64], data }]]));
    await using source = await openSafetensors(path);
    await truncate(path, (await readFile(path)).length - 8);
    await expect(source.read('x')).rejects.toThrow(FileFormatError);
    await expect(source.read('x')).rejects.toThrow(/became shorter while it was read/);
  });

  it('leaves neither tensors nor open files behind', async () => {
    const wide = new Uint8Array(new BigInt64Array([2n ** 40n]).buffer);
    const tensors = [
      ['a', { dtype: 'F64', shape: [1], data: new Uint8Array(8) }],
      ['b', { dtype: 'I64', shape: [1], data: wide }],
    ] as const;
    await writeFile(path, serializeSafetensors(tensors));
    const before = memory().numTensors;
    const files = openFiles();
    await expect(loadSafetensors(path)).rejects.toThrow(/value 0 of "b" does not fit int32/);
    await writeFile(path, 'no safetensors');
    await expect(loadSafetensors(path)).rejects.toThrow(FileFormatError);
    expect(memory().numTensors).toBe(before);
    expect(openFiles()).toBe(files);
  });

  it('that is no file', async () => {
    await expect(loadSafetensors(folder)).rejects.toThrow(DataError);
    await expect(loadSafetensors(join(folder, 'none'))).rejects.toThrow(/cannot be read.*ENOENT/);
  });

  it.each([
    [2n ** 60n, 'header length 2^60'],
    [99_000_000n, 'a header of 99 MB in a file of some bytes'],
  ])('whose header claims %d bytes takes no memory for it', async (length) => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    await writeFile(path, bytes);
    const before = process.memoryUsage().arrayBuffers;
    await expect(loadSafetensors(path)).rejects.toThrow(/longer than the file/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});

it('gives the tensors of any mutated file, or a FileFormatError, and nothing else', async () => {
  const valid = await readFile(reference);
  let refused = 0;
  for (let round = 0; round < 600; round++) {
    const damaged = mutate(valid, round);
    await writeFile(path, damaged);
    const before = memory().numTensors;
    const [streamed, whole] = [
      await outcome(() => loadSafetensors(path)),
      await outcome(() => paramsFromSafetensors(parseSafetensors(damaged))),
    ];
    // Where the format still holds, the two readers must agree on every bit.
    expect(streamed, `mutation ${round}`).toEqual(whole);
    if (streamed === 'FileFormatError') refused++;
    expect(memory().numTensors, `mutation ${round}`).toBe(before);
  }
  expect(refused).toBeGreaterThan(200);
  expect(refused).toBeLessThan(600);
});

/** One to three bytes changed, or a piece cut out, doubled or put elsewhere. */
function mutate(bytes: Uint8Array, round: number): Uint8Array {
  const from = foldIn(key(7), round);
  const draw = (name: string, limit: number): number => randomInteger(foldIn(from, name), limit);
  const at = draw('at', bytes.length);
  const length = Math.min(1 + draw('length', 40), bytes.length - at);
  const piece = bytes.slice(at, at + length);
  const rest = Buffer.concat([bytes.slice(0, at), bytes.slice(at + length)]);
  switch (draw('kind', 4)) {
    case 0: {
      const changed = Uint8Array.from(bytes);
      for (let i = 0; i <= draw('count', 3); i++) {
        changed[draw(`where ${i}`, bytes.length)] = draw(`byte ${i}`, 256);
      }
      return changed;
    }
    case 1:
      return rest;
    case 2:
      return Buffer.concat([bytes.slice(0, at), piece, bytes.slice(at)]);
    default: {
      const to = draw('to', rest.length);
      return Buffer.concat([rest.subarray(0, to), piece, rest.subarray(to)]);
    }
  }
}

async function outcome(run: () => Params | Promise<Params>): Promise<unknown> {
  try {
    const params = await run();
    const values = bits(params);
    disposeParams(params);
    return values;
  } catch (error) {
    if (error instanceof CrossweaveError) return error.name;
    throw error;
  }
}

/** How many files this process has open; where the system does not tell, always the same. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
