import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { ConfigError, DataError, disposeParams, key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  memory,
  registerBackend,
  removeBackend,
  scalar,
  setBackend,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageEncoder, textEncoder, tinySplit } from '../tiny.testing';
import { encodeSplit, type FeatureCache } from './encode-split';
import { FeatureStore, measureFeatureStore, pruneFeatureStore } from './feature-store';
import { rowFromBytes, rowToBytes } from './row-bytes';
import type { FeatureRow } from './table';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-features-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const row = (first: number): FeatureRow => ({
  pooled: Float32Array.of(first, 0.1, -2),
  mask: Float32Array.of(1, 0, 1),
  tokens: Float32Array.from({ length: 9 }, (_, i) => first + i / 7),
  hasTokens: true,
  present: first % 2 === 0,
  partial: true,
});

/** A split whose images are told apart by their rows and a name. */
function identified(count: number, name = 'a') {
  const split = tinySplit(count);
  const imageIdentity = (i: number): Promise<string | undefined> => Promise.resolve(`${name} ${i}`);
  return { ...split, imageIdentity };
}

async function encode(split: ReturnType<typeof identified>, seed = 0): Promise<FeatureCache> {
  const image = { encoder: imageEncoder, params: { ...imageEncoder.init(key(seed)) } };
  try {
    const text = { encoder: textEncoder, params: {} };
    return await encodeSplit({ split, image, text, batchSize: 4, store: folder });
  } finally {
    disposeParams(image.params);
  }
}

const values = (cache: FeatureCache): unknown => ({
  fingerprint: cache.fingerprint,
  rows: Array.from({ length: cache.imageTable.rows }, (_, i) => cache.imageTable.row(i)),
  spec: cache.imageTable.spec,
  texts: cache.textTable.spec,
});

describe('rows as bytes', () => {
  it('come back as they were, and damaged ones do not', () => {
    for (const each of [
      row(2),
      row(3),
      { ...row(4), tokens: new Float32Array(), hasTokens: false },
    ]) {
      const bytes = rowToBytes(each);
      expect(rowFromBytes(bytes)).toEqual(each);
      for (let i = 0; i < bytes.length; i += 3) {
        const damaged = Buffer.from(bytes);
        damaged[i]! ^= 0x10;
        expect(rowFromBytes(damaged)).toBeUndefined();
        expect(rowFromBytes(bytes.subarray(0, i))).toBeUndefined();
      }
    }
  });
});

describe('encodeSplit with a store', () => {
  it('encodes an input once, and gives the same features', async () => {
    const plain = await encodeSplit({
      split: identified(10),
      image: { encoder: imageEncoder, params: imageEncoder.init(key(0)) },
      text: { encoder: textEncoder, params: {} },
      batchSize: 4,
    });
    const before = memory().numTensors;
    const first = identified(10);
    expect(values(await encode(first))).toEqual(values(plain));
    // One image for the fingerprint, then all.
    expect(first.loads).toEqual([1, 4, 4, 4]);
    const again = identified(10);
    expect(values(await encode(again))).toEqual(values(plain));
    expect(again.loads).toEqual([1]);
    // Two more images, filled up to the pass.
    const more = identified(12);
    await encode(more);
    expect(more.loads).toEqual([1, 4]);
    const others = identified(10, 'b');
    await encode(others);
    expect(others.loads).toEqual([1, 4, 4, 4]);
    expect(memory().numTensors).toBe(before);
  });

  it('tells how many were there', async () => {
    await encode(identified(4));
    const seen: string[] = [];
    const image = { encoder: imageEncoder, params: { ...imageEncoder.init(key(0)) } };
    const text = { encoder: textEncoder, params: {} };
    await encodeSplit({
      ...{ split: identified(6), image, text, batchSize: 4, store: folder },
      onProgress: ({ side, done, total, stored }) => {
        if (side === 'image') seen.push(`${done}/${total}, ${stored} stored`);
      },
    });
    disposeParams(image.params);
    expect(seen).toEqual(['4/6, 4 stored', '6/6, 4 stored']);
  });

  it('takes no features of other weights, and none where images cannot be told apart', async () => {
    await encode(identified(4));
    const changed = { encoder: imageEncoder, params: { scale: scalar(3) } };
    const text = { encoder: textEncoder, params: {} };
    const split = identified(4);
    const { imageTable } = await encodeSplit({ split, image: changed, text, store: folder });
    disposeParams(changed.params);
    expect(split.loads).toEqual([1, 4]);
    expect(imageTable.rows).toBe(4);
    const nameless = { ...identified(4), imageIdentity: () => Promise.resolve(undefined) };
    await encode(nameless);
    await encode(nameless);
    expect(nameless.loads).toEqual([1, 4, 1, 4]);
  });
});

it('takes no features of a different precision, though their bits may be the same', async () => {
  // The kernels of cpu under the name of the backend that computes in bf16.
  const bf16 = 'onnx:openvino-bf16';
  registerBackend(bf16, () => new MathBackendCPU());
  copyRegisteredKernels('cpu', bf16);
  try {
    await encode(identified(4));
    await setBackend(bf16);
    for (const loads of [[1, 4], [1]]) {
      const split = identified(4);
      await encode(split);
      expect(split.loads).toEqual(loads);
    }
    await setBackend('cpu');
    const split = identified(4);
    await encode(split);
    expect(split.loads).toEqual([1]);
    expect((await measureFeatureStore(folder)).encoders).toBe(4);
  } finally {
    await setBackend('cpu');
    removeBackend(bf16);
  }
});

describe('a store of features', () => {
  it('is measured, and loses what was not used for longest', async () => {
    expect(await measureFeatureStore(join(folder, 'no'))).toEqual({ encoders: 0, bytes: 0 });
    for (const name of ['old', 'new']) {
      await using store = await FeatureStore.open(folder, name);
      store.put(Array.from({ length: 50 }, (_, i) => ({ input: `${i}`, row: row(i) })));
      await setTimeout(20);
    }
    const whole = await measureFeatureStore(folder);
    expect(whole.encoders).toBe(2);
    const { removed, left } = await pruneFeatureStore(folder, {
      keepBytes: Math.ceil(whole.bytes * 0.6),
    });
    expect([removed.encoders, left.encoders]).toEqual([1, 1]);
    await using kept = await FeatureStore.open(folder, 'new');
    expect(kept.get('7')).toEqual(row(7));
    await using gone = await FeatureStore.open(folder, 'old');
    expect(gone.get('7')).toBeUndefined();
  });

  it('passes over what is damaged', async () => {
    {
      await using store = await FeatureStore.open(folder, 'x');
      for (let i = 0; i < 4; i++) store.put([{ input: `${i}`, row: row(i) }]);
    }
    const [encoder] = await readdir(folder);
    const [name] = await readdir(join(folder, encoder!));
    const path = join(folder, encoder!, name!);
    const whole = await readFile(path);
    const length = whole.length / 4;
    const found = async (bytes: Buffer): Promise<number[]> => {
      await writeFile(path, bytes);
      await using store = await FeatureStore.open(folder, 'x');
      return [0, 1, 2, 3].filter((i) => store.get(`${i}`) !== undefined);
    };
    expect(await found(whole)).toEqual([0, 1, 2, 3]);
    expect(await found(whole.subarray(0, whole.length - 1))).toEqual([0, 1, 2]);
    expect(await found(whole.subarray(0, length + 10))).toEqual([0]);
    expect(await found(Buffer.alloc(500, 7))).toEqual([]);
    const value = Buffer.from(whole);
    value[length + 60]! ^= 1;
    expect(await found(value)).toEqual([0, 2, 3]);
    await expect(FeatureStore.open('', 'x')).rejects.toThrow(ConfigError);
    await expect(FeatureStore.open(path, 'x')).rejects.toThrow(DataError);
  });

  it('keeps what processes wrote that were killed, and shares it while they write', async () => {
    const program = fileURLToPath(new URL('./write-features.testing.ts', import.meta.url));
    const source = fileURLToPath(new URL('../../../../benchmarks/source.mjs', import.meta.url));
    const loaders = [import.meta.resolve('tsx'), source].flatMap((each) => ['--import', each]);
    const start = () =>
      spawn(process.execPath, [...loaders, '--conditions=@crossweave/source', program, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const [a, b] = [start(), start()];
    const said = { a: 0, b: 0 };
    a.stdout.on('data', (text: Buffer) => (said.a += text.toString().split('\n').length - 1));
    b.stdout.on('data', (text: Buffer) => (said.b += text.toString().split('\n').length - 1));
    while (said.a < 20 || said.b < 20) await setTimeout(5);
    const ends = [once(a, 'exit'), once(b, 'exit')];
    a.kill('SIGKILL');
    b.kill('SIGKILL');
    await Promise.all(ends);
    await using store = await FeatureStore.open(folder, 'shared');
    for (const child of [a, b]) {
      const count = child === a ? said.a : said.b;
      for (let i = 0; i < count; i++) {
        const found = store.get(`${child.pid} ${i}`);
        expect(found?.pooled[0]).toBe(i);
      }
    }
  });
});

testOptions(
  'pruneFeatureStore',
  (options) => pruneFeatureStore(folder, options),
  { describe, it },
  {
    required: { keepBytes: 0 },
  },
);
