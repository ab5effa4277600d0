import { crc32 } from 'node:zlib';
import type { FeatureRow } from './table';

const version = 1;
/** Version, checksum, numbers of each part, flags; 32 bits each. */
const headLength = 24;
const hasTokensFlag = 1;
const presentFlag = 2;
const partialFlag = 4;

/** A row as bytes: a head, then summary, mask and tokens as float32. */
export function rowToBytes(row: FeatureRow): Buffer {
  const parts = [row.pooled, row.mask, row.tokens];
  const body = Buffer.concat(
    parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
  );
  const head = Buffer.alloc(headLength);
  head.writeUInt32LE(version, 0);
  parts.forEach((part, i) => head.writeUInt32LE(part.length, 8 + 4 * i));
  const flags = [
    row.hasTokens && hasTokensFlag,
    row.present && presentFlag,
    row.partial && partialFlag,
  ];
  head.writeUInt32LE(
    flags.reduce<number>((sum, flag) => sum + Number(flag), 0),
    20,
  );
  head.writeUInt32LE(crc32(body, crc32(head.subarray(8))), 4);
  return Buffer.concat([head, body]);
}

/** @returns undefined for bytes that are not those of a whole row */
export function rowFromBytes(bytes: Uint8Array): FeatureRow | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headLength || view.getUint32(0, true) !== version) return undefined;
  const body = bytes.subarray(headLength);
  if (view.getUint32(4, true) !== crc32(body, crc32(bytes.subarray(8, headLength))))
    return undefined;
  const lengths = [8, 12, 16].map((at) => view.getUint32(at, true));
  if (lengths.reduce((a, b) => a + b, 0) * 4 !== body.length) return undefined;
  // Copied, since the memory belongs to the store and may not be aligned.
  const values = new Float32Array(Uint8Array.from(body).buffer);
  const [pooled = 0, mask = 0] = lengths;
  const flags = view.getUint32(20, true);
  return {
    pooled: values.slice(0, pooled),
    mask: values.slice(pooled, pooled + mask),
    tokens: values.slice(pooled + mask),
    hasTokens: (flags & hasTokensFlag) !== 0,
    present: (flags & presentFlag) !== 0,
    partial: (flags & partialFlag) !== 0,
  };
}
