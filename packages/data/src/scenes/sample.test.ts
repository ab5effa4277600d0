import { foldIn, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { sampleScene } from './sample';

const scenes = Array.from({ length: 500 }, (_, i) => sampleScene(foldIn(key(0), i)));

describe('sampleScene', () => {
  it('gives the same scene for the same key and others for other keys', () => {
    expect(sampleScene(foldIn(key(0), 3))).toEqual(scenes[3]);
    expect(new Set(scenes.map((scene) => JSON.stringify(scene))).size).toBe(scenes.length);
  });

  it('puts the first object left or above, apart from the second and inside the picture', () => {
    for (const { axis, places } of scenes) {
      const [a, b] = places;
      const along = axis === 'horizontal' ? b.x - a.x : b.y - a.y;
      const across = axis === 'horizontal' ? b.y - a.y : b.x - a.x;
      // Outlines reach at most 1.12 radii from the centre, their rim included.
      expect(along).toBeGreaterThan(Math.abs(across) * 2);
      expect(Math.hypot(along, across)).toBeGreaterThan(1.07 * (a.radius + b.radius));
      for (const { x, y, radius } of places) {
        expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThan(radius * 1.12);
      }
    }
  });

  it('uses every colour, shape, texture and axis', () => {
    const used = new Set(
      scenes.flatMap(({ axis, first, second }) => [
        axis,
        ...(Object.values(first) as string[]),
        ...(Object.values(second) as string[]),
      ]),
    );
    expect(used.size).toBe(2 + 6 + 6 + 3);
  });
});
