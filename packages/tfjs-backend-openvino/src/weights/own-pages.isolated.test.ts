import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutOwnPages } from '../../test/library';
import { giveBackFreedMemory } from '../openvino/allocator';
import { addressOf, dropPages, hasOwnPages, pageSize, takePages } from './own-pages';

/** Arrays of 40 MiB: for less than 32 glibc may have a free block, without pages of its own. */
const COUNT = 10 << 20;
const reason = withoutOwnPages();

describe.skipIf(reason !== null)(named('pages of an array', reason), () => {
  beforeAll(giveBackFreedMemory);
  const folder = mkdtempSync(join(tmpdir(), 'crossweave-pages-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are its own from 1 MiB on, and those of a part of an array are the whole array’s', () => {
    const large = new Float32Array(COUNT);
    expect(hasOwnPages(large)).toBe(true);
    expect(hasOwnPages(large.subarray(5, COUNT - 5))).toBe(true);
    expect(hasOwnPages(new Float32Array(1000))).toBe(false);
    expect(hasOwnPages(new Float32Array(new SharedArrayBuffer(4 * COUNT)))).toBe(false);
  });

  it('are those of a file after it was taken, and keep writes to themselves', () => {
    const whole = Float32Array.from({ length: COUNT }, (_, i) => i);
    const part = whole.subarray(1000, COUNT - 1000);
    const path = join(folder, 'numbers');
    const file = openSync(path, 'wx+');
    const offset = pageSize() + (addressOf(part) % pageSize());
    writeSync(file, new Uint8Array(part.buffer, part.byteOffset, part.byteLength), 0, null, offset);
    const written = readFileSync(path);
    takePages(part, file, offset);
    closeSync(file);
    expect(readFileSync('/proc/self/maps', 'utf8')).toContain(path);
    expect(whole.every((value, i) => value === i)).toBe(true);
    whole.fill(-1);
    expect(readFileSync(path).equals(written)).toBe(true);
  });

  it('are given back, all that lie within the array and no others', () => {
    const whole = new Float32Array(COUNT).fill(1);
    dropPages(whole.subarray(1000, COUNT - 1000));
    expect(whole.subarray(0, 1000).every((value) => value === 1)).toBe(true);
    expect(whole.subarray(COUNT - 1000).every((value) => value === 1)).toBe(true);
    // Linux gives zeros for a page that was given back.
    expect(whole.filter((value) => value === 0).length).toBeGreaterThan(COUNT - 2000 - pageSize());
  });
});
