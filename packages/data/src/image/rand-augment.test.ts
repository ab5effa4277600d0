import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { amountOf, operate, type OperationName } from './rand-augment';

const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/rand-augment.json', import.meta.url), 'utf8'),
) as {
  size: number;
  picture: string;
  cases: { name: OperationName; magnitude: number; sign: 1 | -1; pixels: string }[];
};
const { size } = fixture;
const picture = Uint8Array.from(Buffer.from(fixture.picture, 'base64'));

describe('operate', () => {
  it.each(fixture.cases)('gives $name at $sign · $magnitude as torchvision does', (each) => {
    const amount = amountOf(each.name, each.magnitude, each.sign);
    const made = operate(picture, size, { name: each.name, amount });
    const expected = Buffer.from(each.pixels, 'base64');
    expect(made).toHaveLength(expected.length);
    const far = [...made].filter((value, i) => Math.abs(value - expected[i]!) > 1).length;
    // Pillow steps along a row in 16 binary places: a pixel at an edge may be its neighbour.
    const moves = ['rotate', 'shear-x', 'shear-y'].includes(each.name);
    expect(far).toBeLessThanOrEqual(moves ? expected.length * 0.01 : 0);
  });

  it('leaves the picture that it is given', () => {
    const before = Uint8Array.from(picture);
    for (const { name, magnitude, sign } of fixture.cases) {
      operate(picture, size, { name, amount: amountOf(name, magnitude, sign) });
    }
    expect(picture).toEqual(before);
  });
});
