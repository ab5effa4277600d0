import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';

const svg = (attributes: string, inner = ''): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inner}</svg>`);

describe('an SVG', () => {
  const drawing = svg('width="40" height="40"', '<rect width="40" height="40" fill="#f00"/>');

  it('is drawn only if told so', async () => {
    await expect(decodeImage(drawing, 'x.svg')).rejects.toThrow(/x\.svg.*an SVG.*svg: true/);
    const declared = Buffer.concat([Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- -->'), drawing]);
    await expect(decodeImage(declared, 'x.svg')).rejects.toThrow(/an SVG/);
    for (const file of [drawing, declared]) {
      const drawn = await decodeImage(file, 'x.svg', { svg: true, size: 8 });
      expect([...drawn.subarray(0, 3)]).toEqual([255, 0, 0]);
    }
  });

  it.each([
    'width="1000000000" height="1000000000"',
    'width="1e9px" height="4"',
    "height='40000' width='4'",
    'viewBox="0 0 1e9 1e9"',
    'width="20000" height="20000"',
  ])('of %s is too large', async (sides) => {
    const failure = decodeImage(svg(sides), 'x.svg', { svg: true });
    await expect(failure).rejects.toThrow(/x\.svg: the image is too large/);
  });
});

it.each([
  ['<!DOCTYPE html><body><svg></svg>', 'a web page'],
  ['<?xml version="1.0"?><feed/>', 'XML'],
  ['\x1f\x8b\x08\0', 'gzip'],
  ['\0\0\0\x18ftypheic\0\0\0\0', 'HEIC'],
  ['\0\0\0\x0cJXL \r\n', 'JPEG XL'],
])('%j is refused as %s', async (begin, name) => {
  const failure = decodeImage(Buffer.from(begin, 'latin1'), 'x', { svg: true });
  await expect(failure).rejects.toThrow(`got ${name}`);
});

it.each(['II*\0', 'MM\0*\0\0\0\x08', 'II*\0\xff\xff\xff\xff', 'II+\0\x08\0\0\0'])(
  'a TIFF without a first directory (%j) is damaged',
  async (begin) => {
    const failure = decodeImage(Buffer.from(begin, 'latin1'), 'x');
    await expect(failure).rejects.toThrow(/cannot be decoded.*first directory/);
  },
);
