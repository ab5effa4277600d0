import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { sceneSvg } from './svg';
import type { Placement, Scene } from './vocabulary';

const place = (x: number): Placement => ({ x, y: 0.5, radius: 0.2, rotation: 0 });

const scene: Scene = {
  axis: 'horizontal',
  first: { colour: 'red', texture: 'solid', shape: 'square' },
  second: { colour: 'blue', texture: 'striped', shape: 'circle' },
  places: [place(0.25), place(0.75)],
  background: [240, 230, 220],
};

async function pixels(of: Scene, size: number): Promise<(x: number, y: number) => number[]> {
  const { data } = await sharp(Buffer.from(sceneSvg(of, size)))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(data).toHaveLength(size * size * 3);
  return (x, y) => [...data.subarray((y * size + x) * 3, (y * size + x) * 3 + 3)];
}

describe('sceneSvg', () => {
  it('draws each object in its colour at its place on the background', async () => {
    const at = await pixels(scene, 100);
    expect(at(2, 2)).toEqual([240, 230, 220]);
    expect(at(25, 50)).toEqual([0xd6, 0x27, 0x28]);
    const column = Array.from({ length: 30 }, (_, i) => at(75, 35 + i).join());
    expect(column).toContain('31,95,208');
    expect(column).toContain('255,255,255');
  });

  it('draws textures apart: solid has no white, dots are fewer than stripes', async () => {
    const whites = await Promise.all(
      (['solid', 'dotted', 'striped'] as const).map(async (texture) => {
        const at = await pixels({ ...scene, second: { ...scene.second, texture } }, 100);
        const all = Array.from({ length: 100 * 100 }, (_, i) => at(i % 100, Math.floor(i / 100)));
        return all.filter((rgb) => rgb.every((value) => value === 255)).length;
      }),
    );
    const [solid, dotted, striped] = whites as [number, number, number];
    expect(solid).toBe(0);
    expect(dotted).toBeGreaterThan(20);
    expect(striped).toBeGreaterThan(dotted);
  });
});
