import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';
import { jpegScans } from './jpeg';

const image = sharp({ create: { width: 16, height: 16, channels: 3, background: '#369' } });

/** The marker segments and scans of a JPEG file. */
function segments(file: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let i = 0; i + 1 < file.length; i++) {
    if (file[i] === 0xff && file[i + 1]! >= 0xc0 && file[i + 1] !== 0xff) starts.push(i);
  }
  return starts.map((start, i) => file.subarray(start, starts[i + 1]));
}

describe('jpegScans', () => {
  it('counts one for a baseline file and the scans of a progressive one', async () => {
    expect(jpegScans(await image.clone().jpeg().toBuffer())).toBe(1);
    const progressive = await image.clone().jpeg({ progressive: true }).toBuffer();
    const scans = segments(progressive).filter((segment) => segment[1] === 0xda).length;
    expect(scans).toBeGreaterThan(5);
    expect(jpegScans(progressive)).toBe(scans);
  });

  it('passes over a thumbnail in the metadata and what follows the end', async () => {
    const file = await image.clone().jpeg().toBuffer();
    const length = Buffer.alloc(2);
    length.writeUInt16BE(file.length + 2);
    const withThumbnail = [file.subarray(0, 2), Buffer.of(0xff, 0xe1), length, file];
    expect(jpegScans(Buffer.concat([...withThumbnail, file.subarray(2), file]))).toBe(1);
    expect((await decodeImage(Buffer.concat([file, file]), 'two', { size: 16 })).length).toBe(768);
  });

  it('ends at the end of a file that is cut', async () => {
    const file = await image.clone().jpeg({ progressive: true }).toBuffer();
    const scans = Array.from(file, (_, length) => jpegScans(file.subarray(0, length)));
    expect(scans).toEqual([...scans].sort((a, b) => a - b));
    expect(scans.at(-1)).toBe(jpegScans(file));
  });

  it('leads to a refusal of some hundred scans', async () => {
    const parts = segments(await image.clone().jpeg({ progressive: true }).toBuffer());
    const last = parts.findLastIndex((part) => part[1] === 0xda);
    const many = [...parts.slice(0, -1), ...Array.from({ length: 200 }, () => parts[last]!)];
    const file = Buffer.concat([...many, parts.at(-1)!]);
    await expect(decodeImage(file, 'scans.jpg')).rejects.toThrow(
      /scans\.jpg: .*a JPEG of 2\d\d scans/,
    );
  });
});

describe('a JPEG', () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31 + i * 7) % 253);
  const photo = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).jpeg();

  it('whose data ends before its end marker is damaged', async () => {
    const file = await photo.clone().toBuffer();
    for (const share of [0.4, 0.7, 0.95]) {
      const cut = [file.subarray(0, Math.floor(file.length * share)), Buffer.of(0xff, 0xd9)];
      const failure = decodeImage(Buffer.concat(cut), 'cut.jpg');
      await expect(failure).rejects.toThrow(/cut\.jpg: the image cannot be decoded/);
    }
  });

  it('with the scan parameters of some phones is whole', async () => {
    const file = await photo.clone().toBuffer();
    const expected = await decodeImage(file, 'photo', { size: 64 });
    const scan = file.indexOf(Buffer.of(0xff, 0xda));
    // The end of the spectral selection, 63 in a sequential JPEG.
    const end = scan + file.readUInt16BE(scan + 2);
    expect(file[end]).toBe(63);
    file[end] = 0;
    expect(Buffer.compare(await decodeImage(file, 'photo', { size: 64 }), expected)).toBe(0);
  });
});
