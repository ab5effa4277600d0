import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileFormatError, StateDictError, isCrossweaveError } from '@crossweave/core';
import { parseSafetensors, serializeSafetensors, type StoredTensor } from './safetensors';

const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(values);
const pair: StoredTensor = { dtype: 'U8', shape: [2], data: bytesOf(1, 2) };

/** A file with this header text, whatever the format says about it. */
function file(
  header: string | Uint8Array,
  body: Uint8Array = bytesOf(),
  length?: bigint,
): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const entry = (changes: object): object => ({
  dtype: 'U8',
  shape: [2],
  data_offsets: [0, 2],
  ...changes,
});
const withEntry = (changes: object): Uint8Array =>
  file(JSON.stringify({ x: entry(changes) }), bytesOf(1, 2));

describe('parseSafetensors', () => {
  it('reads what the reference implementation wrote', () => {
    const url = new URL('../../fixtures/reference.safetensors', import.meta.url);
    const { tensors, metadata } = parseSafetensors(readFileSync(url));
    expect(metadata).toEqual({ format: 'pt', note: 'größe' });
    const shapes = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape.join('x')]);
    expect(shapes.sort()).toEqual(
      [
        ['f32', 'F32', '2x3'],
        ['f16', 'F16', '2x3'],
        ['bf16', 'BF16', '4'],
        ['f64', 'F64', '2'],
        ['i64', 'I64', '3'],
        ['i32', 'I32', '2x1'],
        ['i16', 'I16', '2'],
        ['i8', 'I8', '2'],
        ['u8', 'U8', '3'],
        ['bool', 'BOOL', '3'],
        ['scalar', 'F32', ''],
        ['empty', 'F32', '0x3'],
        ['encoder.größe "quoted"', 'F32', '1'],
      ].sort(),
    );
    expect(Array.from(tensors.get('u8')!.data)).toEqual([0, 255, 3]);
  });

  it('gives views, not copies', () => {
    const bytes = serializeSafetensors([['x', pair]]);
    expect(parseSafetensors(bytes).tensors.get('x')!.data.buffer).toBe(bytes.buffer);
  });

  it('reads bytes that lie inside a larger buffer', () => {
    const bytes = serializeSafetensors([['x', pair]]);
    const larger = new Uint8Array(bytes.length + 8);
    larger.set(bytes, 3);
    const { tensors } = parseSafetensors(larger.subarray(3, 3 + bytes.length));
    expect(Array.from(tensors.get('x')!.data)).toEqual([1, 2]);
  });

  const two = (a: number[], b: number[]): Uint8Array => {
    const info = (offsets: number[]): object =>
      entry({ shape: [offsets[1]! - offsets[0]!], data_offsets: offsets });
    return file(JSON.stringify({ a: info(a), b: info(b) }), bytesOf(1, 2, 3, 4));
  };
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', bytesOf(), /too short/],
    ['seven bytes', bytesOf(1, 2, 3, 4, 5, 6, 7), /too short/],
    ['a truncated header', file('{}').subarray(0, 9), /longer than the file/],
    ['a header of 2^60 bytes', file('{}', bytesOf(), 2n ** 60n), /longer than the file/],
    ['a header of 2^64 − 1 bytes', file('{}', bytesOf(), 2n ** 64n - 1n), /longer than the file/],
    ['a header that is not JSON', file('{x}'), /not JSON/],
    ['an empty header', file(''), /not JSON/],
    [
      'a header that is not UTF-8',
      file(bytesOf(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
      /not JSON/,
    ],
    ['a header that is a list', file('[]'), /not an object/],
    ['a header that starts with a space', file(' {}'), /not an object/],
    [
      'a repeated tensor',
      file(
        '{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0078":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /"x" twice/,
    ],
    [
      'a repeated field',
      file('{"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /"dtype" twice/,
    ],
    ['an entry that is null', file('{"x":null}'), /entry of "x"/],
    ['an unknown dtype', withEntry({ dtype: 'F7' }), /dtype of "x".*F7/],
    ['a dtype inherited by every object', withEntry({ dtype: 'toString' }), /dtype of "x"/],
    ['a negative size', withEntry({ shape: [-2] }), /shape of "x"/],
    ['a broken size', withEntry({ shape: [1.5] }), /shape of "x"/],
    ['a size that is text', withEntry({ shape: ['2'] }), /shape of "x"/],
    [
      'sizes whose product overflows',
      withEntry({ shape: [2 ** 40, 2 ** 40] }),
      /shape of "x".*2\^53/,
    ],
    [
      'sizes whose product overflows before a zero',
      withEntry({ shape: [2 ** 40, 2 ** 40, 0] }),
      /shape of "x"/,
    ],
    ['one offset', withEntry({ data_offsets: [0] }), /data_offsets of "x"/],
    ['a negative offset', withEntry({ data_offsets: [-2, 0] }), /data_offsets of "x"/],
    ['offsets in the wrong order', withEntry({ data_offsets: [2, 0] }), /length of "x"/],
    ['a length that is not the shape’s', withEntry({ shape: [3] }), /length of "x".*3 bytes/],
    ['a length that is not the dtype’s', withEntry({ dtype: 'F32' }), /length of "x".*8 bytes/],
    ['data beyond the end', file(JSON.stringify({ x: entry({}) }), bytesOf(1)), /beyond the file/],
    ['an offset of 2^50', withEntry({ data_offsets: [2 ** 50, 2 ** 50 + 2] }), /gap/],
    ['overlapping tensors', two([0, 3], [2, 4]), /"b" overlaps/],
    ['a tensor inside another', two([0, 4], [1, 2]), /"b" overlaps/],
    ['a gap between tensors', two([0, 1], [2, 4]), /"b" leaves a gap/],
    ['bytes after the last tensor', two([0, 1], [1, 2]), /belong to no tensor/],
    ['metadata that is no text', file('{"__metadata__":{"epoch":3}}'), /metadata/],
    ['metadata that is a list', file('{"__metadata__":[]}'), /metadata/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, 'model.safetensors')).toThrow(FileFormatError);
    expect(() => parseSafetensors(bytes, 'model.safetensors')).toThrow(message);
    expect(() => parseSafetensors(bytes, 'model.safetensors')).toThrow(/^model\.safetensors: /);
  });

  it('throws typed errors alone, however a file is damaged', () => {
    const whole = serializeSafetensors(
      [
        ['x', pair],
        ['y', { ...pair, dtype: 'BOOL' }],
      ],
      { a: 'b' },
    );
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.nat(255),
        fc.nat(whole.length),
        (at, byte, length) => {
          const damaged = whole.slice(0, length);
          if (at < length) damaged[at] = byte;
          try {
            parseSafetensors(damaged);
          } catch (error) {
            expect(isCrossweaveError(error)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('serializeSafetensors', () => {
  it('round-trips names, types, shapes, bytes and metadata', () => {
    const tensors = new Map<string, StoredTensor>([
      ['b.weight', { dtype: 'F32', shape: [1, 2], data: bytesOf(0, 0, 128, 63, 0, 0, 0, 64) }],
      ['flags', { dtype: 'BOOL', shape: [3], data: bytesOf(1, 0, 1) }],
      ['a', { dtype: 'I64', shape: [], data: bytesOf(7, 0, 0, 0, 0, 0, 0, 0) }],
      ['empty', { dtype: 'F32', shape: [0, 4], data: bytesOf() }],
      ['__proto__', pair],
      ['größe "x"', pair],
    ]);
    const metadata = { seed: '0', note: 'ä' };
    const back = parseSafetensors(serializeSafetensors(tensors, metadata));
    expect(back.metadata).toEqual(metadata);
    expect(back.tensors.size).toBe(tensors.size);
    for (const [name, tensor] of tensors) expect(back.tensors.get(name)).toEqual(tensor);
  });

  it('aligns every tensor to its element', () => {
    const bytes = serializeSafetensors([
      ['a', { dtype: 'BOOL', shape: [1], data: bytesOf(1) }],
      ['b', { dtype: 'F32', shape: [1], data: bytesOf(0, 0, 0, 0) }],
      ['c', { dtype: 'F64', shape: [1], data: bytesOf(0, 0, 0, 0, 0, 0, 0, 0) }],
    ]);
    const { tensors } = parseSafetensors(bytes);
    expect([...tensors.keys()]).toEqual(['c', 'b', 'a']);
    expect(tensors.get('c')!.data.byteOffset % 8).toBe(0);
    expect(tensors.get('b')!.data.byteOffset % 4).toBe(0);
  });

  it('writes the same bytes in whatever order the tensors come', () => {
    const one = serializeSafetensors([
      ['a', pair],
      ['b', pair],
    ]);
    expect(
      serializeSafetensors([
        ['b', pair],
        ['a', pair],
      ]),
    ).toEqual(one);
    expect(parseSafetensors(serializeSafetensors([])).tensors.size).toBe(0);
  });

  it('refuses bytes that do not fit, and names that are taken', () => {
    expect(() => serializeSafetensors([['x', { ...pair, shape: [3] }]])).toThrow(StateDictError);
    expect(() =>
      serializeSafetensors([
        ['x', pair],
        ['x', pair],
      ]),
    ).toThrow(/"x" is taken/);
    expect(() => serializeSafetensors([['__metadata__', pair]])).toThrow(StateDictError);
  });
});
