import type { Embeddings } from './embeddings';

/** NumPy's format, version 1.0: float32 [rows, dim], little-endian, row by row. */
export function npyOf({ rows, dim, values }: Embeddings): Uint8Array {
  const magic = [0x93, ...Buffer.from('NUMPY'), 1, 0];
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dim}), }`;
  // Magic, a length of two bytes and the header end at a multiple of 64, with a line break.
  const length = Math.ceil((magic.length + 2 + dictionary.length + 1) / 64) * 64;
  const header = dictionary.padEnd(length - magic.length - 3) + '\n';
  const bytes = new Uint8Array(length + values.byteLength);
  bytes.set(magic);
  new DataView(bytes.buffer).setUint16(magic.length, header.length, true);
  bytes.set(Buffer.from(header, 'latin1'), magic.length + 2);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), length);
  return bytes;
}
