import { ConfigError, fusionCost } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { sizeArms } from './match-arms';
import type { ArmConfig } from './schema';

const specs = {
  image: { dim: 16, tokens: 4 },
  text: { dim: 12, tokens: 'varies' },
  textTokens: 5,
} as const;

const cross: ArmConfig = { name: 'co-attention', options: { dim: 16, heads: 2, layers: 1 } };
const matched = (to: string | number, by: 'parameters' | 'flops' = 'parameters'): ArmConfig => ({
  name: 'single-stream',
  options: { heads: 2, layers: 1 },
  match: { to, by, width: 'dim' },
});

describe('sizeArms', () => {
  it('leaves arms as they are, and sizes those that are matched, in the order of the config', () => {
    const arms = sizeArms({ early: matched('cross'), cross, chain: matched('early') }, specs);
    expect([...arms.keys()]).toEqual(['early', 'cross', 'chain']);
    expect(arms.get('cross')).toMatchObject({ part: cross });
    expect(arms.get('cross')!.note).toBeUndefined();
    const { fusion, part, note } = arms.get('early')!;
    const [own, other] = [fusion, arms.get('cross')!.fusion].map(
      (each) => fusionCost(each, specs).parameters,
    );
    expect(Math.abs(own! / other! - 1)).toBeLessThan(0.1);
    expect(Number(part.options['dim']) % 2).toBe(0);
    expect(part.options).toMatchObject({ heads: 2, layers: 1 });
    expect(note).toMatch(/^Arm early: single-stream\(\d+x1\) has [\d,]+ parameters for [\d,]+ \(/);
    expect(arms.get('chain')!.part.options['dim']).toBe(part.options['dim']);
  });

  it('matches operations, numbers, and depths where they are offered', () => {
    const arms = sizeArms(
      {
        cross,
        flops: matched('cross', 'flops'),
        number: { ...matched(9000), match: { ...matched(9000).match!, depths: [1, 2], step: 4 } },
      },
      specs,
    );
    const cost = (name: string) => fusionCost(arms.get(name)!.fusion, specs);
    expect(Math.abs(cost('flops').flops / cost('cross').flops - 1)).toBeLessThan(0.15);
    expect(Math.abs(cost('number').parameters / 9000 - 1)).toBeLessThan(0.25);
    expect([1, 2]).toContain(arms.get('number')!.part.options['layers']);
  });

  it('refuses unknown arms, arms that wait for each other, and targets out of reach', () => {
    expect(() => sizeArms({ early: matched('late'), cross }, specs)).toThrow(
      /arms.early.match: .*one of cross; got "?late/,
    );
    expect(() => sizeArms({ early: matched('early'), cross }, specs)).toThrow(ConfigError);
    const circle = { a: matched('b'), b: matched('a') };
    expect(() => sizeArms(circle, specs)).toThrow(/arms.b.match/);
    expect(() => sizeArms({ early: matched(3) }, specs)).toThrow(/no width gives single-stream/);
  });
});
