import { add, engine, matMul, mul, ones, reshape, sum, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { key, normal, type Features, type ModelOutputs } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { describe, expect, it } from 'vitest';
import { createLoss, losses } from './registry';

/** Those that tell rows apart, and so have nothing to do where all rows are the same. */
const contrasting = Object.keys(losses).filter(
  (name) => !['captioning', 'barlow-twins', 'vicreg'].includes(name),
);
/** Of these the ones whose total is made of rows with a negative alone. */
const silent = contrasting.filter((name) => !['supervised', 'alignment-uniformity'].includes(name));

const side = (pooled: Tensor2D): Features => {
  const [size, width] = pooled.shape;
  return { pooled, tokens: reshape(pooled, [size, 1, width]), mask: ones([size, 1]) };
};
const embed = (_: 'image' | 'text', { pooled }: Features): Tensor2D => normalize(pooled);
const score = (a: Features, b: Features): Tensor2D =>
  matMul(normalize(a.pooled), normalize(b.pooled), false, true);

function outputsOf(image: Tensor2D, text: Tensor2D): ModelOutputs {
  return {
    image: side(image),
    text: side(text),
    fuse: (a, b) => {
      const joint = mul<Tensor2D>(a.pooled, b.pooled);
      return { joint, match: sum<Tensor1D>(joint, 1) };
    },
    score,
    embed,
    teacher: { image: side(text), text: side(image), score, embed },
  };
}

interface Names {
  readonly groups: string[];
  readonly captions?: string[];
}

/** Total, terms and the largest gradient of a loss over random rows, the first ones always the same. */
function run(name: string, { groups, captions }: Names, options: object = {}) {
  return tidy(() => {
    const loss = createLoss(name, options);
    const rows = [1, 2].map((seed): Tensor2D => normal(key(seed), [groups.length, 4]));
    const batch = {
      ...{ size: groups.length, ids: groups, groups, image: undefined, text: undefined },
      ...(captions && { captions }),
    };
    const terms: Record<string, number> = {};
    const { value, grads } = engine().gradients(
      (): Scalar => {
        const params = loss.init?.(key(0)) ?? {};
        const outputs = outputsOf(rows[0]!, rows[1]!);
        const result = loss.compute(params, outputs, batch, { training: true, key: key(1) });
        for (const [term, figure] of Object.entries(result.terms)) {
          terms[term] = figure.dataSync()[0]!;
        }
        return add(result.total, mul(add(sum(rows[0]!), sum(rows[1]!)), 0));
      },
      rows,
      undefined,
      true,
    );
    const slopes = grads.flatMap((slope) => [...slope.dataSync()]);
    return { total: value.dataSync()[0]!, terms, slope: Math.max(...slopes.map(Math.abs)) };
  });
}

describe.each(contrasting)('%s', (name) => {
  it.each<[string, Names]>([
    ['one caption in all', { groups: ['a', 'b', 'c'], captions: ['x', 'x', 'x'] }],
    ['one image in all', { groups: ['a', 'a', 'a'], captions: ['x', 'y', 'z'] }],
    ['one pair', { groups: ['a'] }],
  ])('says that there is nothing to tell apart: %s', (_, names) => {
    const { terms } = run(name, names);
    expect(terms['negatives']).toBe(0);
    expect(Object.keys(terms).filter((term) => /accuracy/.test(term))).toEqual([]);
  });

  it('counts the negatives of rows that have some', () => {
    const { terms } = run(name, { groups: ['a', 'b', 'c'], captions: ['x', 'y', 'z'] });
    expect(terms['negatives']).toBeGreaterThan(0);
  });
});

describe.each(silent)('%s', (name) => {
  it.each(['exclude', 'positive'])('learns nothing from rows without a negative (%s)', (kind) => {
    const options = 'duplicates' in optionsOf(name) ? { duplicates: kind } : {};
    const { total, slope } = run(name, { groups: ['a', 'b'], captions: ['x', 'x'] }, options);
    expect([Math.abs(total), slope]).toEqual([0, 0]);
  });
});

/** `{ duplicates }` where a loss takes it. */
function optionsOf(name: string): object {
  const message = (() => {
    try {
      createLoss(name, { 'no such option': 1 });
    } catch (error) {
      return String(error);
    }
    return '';
  })();
  return message.includes('duplicates') ? { duplicates: true } : {};
}

/** Image a has both captions, so its two rows have no negative; image b has one. */
const mixed: Names = { groups: ['a', 'a', 'b'], captions: ['x', 'y', 'x'] };

describe.each([
  ['info-nce', { direction: 'i2t' }],
  ['triplet', { direction: 'i2t' }],
  ['multiple-negatives-ranking', {}],
] as const)('%s', (name, options) => {
  it('is the mean over the rows that have a negative, and so is its accuracy', () => {
    const { total, terms } = run(name, mixed, options);
    // The same rows without knowing the captions: every row counts, and row 2 twice as much.
    const apart = run(name, { groups: ['a', 'b', 'c'] }, options);
    expect(terms['negatives']).toBeCloseTo(1 / 3, 6);
    expect([0, 1]).toContain(terms['accuracy']);
    expect(total).not.toBeCloseTo(apart.total, 3);
    expect(total).toBeGreaterThanOrEqual(0);
  });
});

it('the one row that counts is weighed against the one text that is false of its image', () =>
  tidy(() => {
    const [image, text] = [1, 2].map((seed): Tensor2D => normal(key(seed), [3, 4]));
    const cosines = score(side(image!), side(text!)).arraySync();
    const own = cosines[2]![2]! / 0.1;
    const other = cosines[2]![1]! / 0.1;
    const { total } = run('info-nce', mixed, { direction: 'i2t', temperature: 0.1 });
    expect(total).toBeCloseTo(Math.log(1 + Math.exp(other - own)), 4);
  }));

it('a queue of one caption is no negative of it', () =>
  tidy(() => {
    const loss = createLoss('momentum-contrastive');
    const pair = (): Tensor2D => normal(key(5), [2, 4]);
    const outputs = outputsOf(pair(), pair());
    const termsOf = (captions?: string[]): string[] => {
      const groups = ['p', 'q'];
      const queue = { image: normalize(pair()), text: normalize(pair()), groups };
      const teacher = { ...outputs.teacher!, queue: { ...queue, ...(captions && { captions }) } };
      const names = { groups: ['a', 'b'], captions: ['x', 'x'] };
      const batch = { size: 2, ids: names.groups, ...names, image: undefined, text: undefined };
      const ctx = { training: true, key: key(1) };
      const { terms } = loss.compute({}, { ...outputs, teacher }, batch, ctx);
      return [String(terms['negatives']!.dataSync()[0]), ...Object.keys(terms)];
    };
    expect(termsOf(['x', 'x'])[0]).toBe('0');
    expect(termsOf(['x', 'y'])[0]).toBe('1');
    expect(termsOf()[0]).toBe('2');
  }));
