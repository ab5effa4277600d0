import { readFileSync } from 'node:fs';
import { ConfigError, DataError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode';
import type { DecodeOptions } from './options';

interface Resized {
  readonly name: string;
  readonly size: number;
  readonly png: string;
  readonly squash: number[];
  readonly 'shortest-and-centre-crop': number[];
}

const { resized } = JSON.parse(
  readFileSync(new URL('../../fixtures/images.json', import.meta.url), 'utf8'),
) as { resized: Resized[] };

/** A picture of 2 × 2 areas: red, green over blue, white. */
async function quarters(side = 8): Promise<Buffer> {
  const colours = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  const pixels = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const quarter = (y < side / 2 ? 0 : 2) + (x < side / 2 ? 0 : 1);
      pixels.set(colours[quarter] ?? [], (y * side + x) * 3);
    }
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

function pixel(picture: Uint8Array, size: number, x: number, y: number): number[] {
  return [...picture.subarray((y * size + x) * 3, (y * size + x) * 3 + 3)];
}

/** The four corners of a decoded picture, row by row. */
async function corners(file: Buffer, options: DecodeOptions = { size: 8 }): Promise<number[][]> {
  const size = options.size ?? 8;
  const picture = await decodeImage(file, 'test', options);
  const last = size - 1;
  return [
    pixel(picture, size, 0, 0),
    pixel(picture, size, last, 0),
    pixel(picture, size, 0, last),
    pixel(picture, size, last, last),
  ];
}

const [red, green, blue, white] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
];

function expectNear(values: number[][], expected: number[][], tolerance: number): void {
  values.flat().forEach((value, i) => {
    expect(Math.abs(value - (expected.flat()[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}

describe('decodeImage', () => {
  it('keeps the values of a lossless image that has the size', async () => {
    expect(await corners(await quarters())).toEqual([red, green, blue, white]);
  });

  const upright = [red, green, blue, white];
  it.each([
    [1, upright],
    [2, [green, red, white, blue]],
    [3, [white, blue, green, red]],
    [4, [blue, white, red, green]],
    [5, [red, blue, green, white]],
    [6, [blue, red, white, green]],
    [7, [white, green, blue, red]],
    [8, [green, white, red, blue]],
  ])('applies EXIF orientation %i', async (orientation, expected) => {
    const file = await sharp(await quarters(16))
      .withMetadata({ orientation })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    expectNear(await corners(file, { size: 16 }), expected, 3);
  });

  it('converts CMYK', async () => {
    const file = await sharp(await quarters(16))
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(file).metadata()).space).toBe('cmyk');
    // The corners keep their hue; printing inks cannot mix the screen's full colours.
    const [r, g, b, w] = (await corners(file, { size: 16 })) as [
      number[],
      number[],
      number[],
      number[],
    ];
    expect(r.indexOf(Math.max(...r))).toBe(0);
    expect(g.indexOf(Math.max(...g))).toBe(1);
    expect(b.indexOf(Math.max(...b))).toBe(2);
    expectNear([w], [[255, 255, 255]], 6);
  });

  it('brings 16 bits to 8', async () => {
    const pixels = Uint16Array.from({ length: 4 * 4 * 3 }, () => 0xae1c);
    const file = await sharp(pixels, { raw: { width: 4, height: 4, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(file).metadata()).depth).toBe('ushort');
    expect(pixel(await decodeImage(file, 'test', { size: 4 }), 4, 1, 1)).toEqual([
      0xae, 0xae, 0xae,
    ]);
  });

  it('gives grey three channels and puts white, or the colour asked for, behind alpha', async () => {
    const grey = await sharp({
      create: { width: 4, height: 4, channels: 3, background: '#646464' },
    })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const mask = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#000' } })
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    const file = await sharp(grey)
      .joinChannel(mask, { raw: { width: 4, height: 4, channels: 1 } })
      .png()
      .toBuffer();
    const metadata = await sharp(file).metadata();
    expect(metadata.hasAlpha).toBe(true);
    expect(pixel(await decodeImage(grey, 'test', { size: 4 }), 4, 0, 0)).toEqual([100, 100, 100]);
    expect(pixel(await decodeImage(file, 'test', { size: 4 }), 4, 0, 0)).toEqual([255, 255, 255]);
    const onBlue = await decodeImage(file, 'test', { size: 4, background: '#00f' });
    expect(pixel(onBlue, 4, 0, 0)).toEqual([0, 0, 255]);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(4 * 4 * 3, 0), Buffer.alloc(4 * 4 * 3, 255)]);
    const file = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } })
      .gif({ loop: 0, delay: [100, 100] })
      .toBuffer();
    expect((await sharp(file).metadata()).pages).toBe(2);
    expect(pixel(await decodeImage(file, 'test', { size: 4 }), 4, 3, 3)).toEqual([0, 0, 0]);
  });

  it.each(resized)('resizes $name as Pillow does', async ({ png, size, ...expected }) => {
    for (const resize of ['squash', 'shortest-and-centre-crop'] as const) {
      const picture = await decodeImage(Buffer.from(png, 'base64'), 'test', { size, resize });
      expect([...picture]).toEqual(expected[resize]);
    }
  });

  it('refuses what is no whole image, and says where', async () => {
    const jpeg = await sharp(await quarters(64))
      .jpeg()
      .toBuffer();
    const png = await quarters(64);
    for (const file of [
      jpeg.subarray(0, jpeg.length / 2),
      png.subarray(0, png.length / 2),
      Buffer.from('not an image'),
      Buffer.alloc(0),
    ]) {
      const failure = decodeImage(file, 'cat.jpg (captions.jsonl:3)');
      await expect(failure).rejects.toBeInstanceOf(DataError);
      await expect(failure).rejects.toThrow(/cat\.jpg \(captions\.jsonl:3\).*cannot be decoded/);
    }
  });

  it('scales no more of a very long image than it keeps', async () => {
    const create = { width: 1, height: 500_000, channels: 3, background: '#123456' } as const;
    const long = await sharp({ create }).png().toBuffer();
    for (const resize of ['squash', 'shortest-and-centre-crop'] as const) {
      const picture = await decodeImage(long, 'long', { size: 64, resize });
      expect(new Set(picture)).toEqual(new Set([0x12, 0x34, 0x56]));
    }
  });

  it('rejects a size that is none', async () => {
    for (const size of [0, -1, 2.5, Number.NaN, 4097]) {
      await expect(decodeImage(await quarters(), 'x', { size })).rejects.toBeInstanceOf(
        ConfigError,
      );
    }
  });

  it.each(['no colour', 'transparent', '#0000', '#12345678', 'rgba(0,0,0,0.5)', ''])(
    'rejects %j as a background',
    async (background) => {
      const failure = decodeImage(await quarters(), 'x', { background });
      await expect(failure).rejects.toThrow(/"background".*a CSS colour name/);
    },
  );

  it('rejects what is no bytes', async () => {
    await expect(decodeImage('cat.jpg' as never, 'x')).rejects.toThrow(/"file".*Uint8Array/);
    await expect(decodeImage(await quarters(), '')).rejects.toThrow(/"where"/);
  });

  it('ends with the reason of a signal, before and while it decodes', async () => {
    const reason = new Error('stopped');
    const signal = AbortSignal.abort(reason);
    await expect(decodeImage(await quarters(), 'x', { signal })).rejects.toBe(reason);
    const stop = new AbortController();
    const large = await quarters(1000);
    const running = Array.from({ length: 6 }, () =>
      decodeImage(large, 'x', { signal: stop.signal, decodeBytes: 1 }),
    );
    stop.abort(reason);
    for (const each of running) await expect(each).rejects.toBe(reason);
    // What had begun gives its memory back: others can follow.
    await expect(decodeImage(large, 'x', { decodeBytes: 1, size: 8 })).resolves.toHaveLength(192);
  });
});

testOptions('decodeImage', async (options) => decodeImage(await quarters(), 'x', options), {
  describe,
  it,
});
