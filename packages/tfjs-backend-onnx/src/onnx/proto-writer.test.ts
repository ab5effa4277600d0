import { expect, it } from 'vitest';
import { ProtoWriter } from './proto-writer';

it('writes numbers, texts and nested messages as protobuf does', () => {
  const writer = new ProtoWriter();
  writer.varint(1, 300);
  writer.varint(2, -1);
  writer.string(3, 'é');
  writer.float(4, 1);
  writer.message(5, () => {
    writer.varint(1, 7);
  });
  const minusOne = [...new Array<number>(9).fill(0xff), 0x01];
  const nested = [0x2a, 0x82, 0x80, 0x80, 0x80, 0x00, 0x08, 0x07];
  const text = [0x1a, 0x02, 0xc3, 0xa9];
  const float = [0x25, 0, 0, 0x80, 0x3f];
  expect([...writer.finish()]).toEqual([
    0x08,
    0xac,
    0x02,
    0x10,
    ...minusOne,
    ...text,
    ...float,
    ...nested,
  ]);
});

it('writes what does not fit its first buffer', () => {
  const writer = new ProtoWriter();
  const long = 'x'.repeat(100_000);
  writer.string(1, long);
  writer.data(2, new Uint8Array(50_000).fill(9));
  const bytes = writer.finish();
  expect(bytes.length).toBe(1 + 3 + 100_000 + 1 + 3 + 50_000);
  expect(bytes.at(-1)).toBe(9);
});
