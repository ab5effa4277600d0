import { engine, tensor2d } from '@tensorflow/tfjs-core';
import { isCrossweaveError, key } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLoss } from './registry';

beforeEach(() => {
  engine().startScope();
});
afterEach(() => {
  engine().endScope();
});

/** [rows, width] */
const features = (rows: number, width: number) => ({
  pooled: tensor2d(
    Array.from({ length: rows * width }, (_, i) => Math.sin(i + 1)),
    [rows, width],
  ),
});

function compute(
  name: string,
  { rows = 3, width = 4, ...lists }: { rows?: number; width?: number; captions?: string[] },
): unknown {
  const loss = createLoss(name);
  const never = (): never => {
    throw new Error('not reached');
  };
  const outputs = {
    image: features(3, 4),
    text: features(rows, width),
    ...{ fuse: never, score: never },
    embed: (_: string, { pooled }: ReturnType<typeof features>) => pooled,
  };
  const groups = ['a', 'b', 'c'];
  const batch = { size: 3, ids: groups, groups, image: 0, text: 0, ...lists };
  const ctx = { training: false, key: key(0) };
  try {
    return loss.compute(loss.init?.(key(1)) ?? {}, outputs as never, batch, ctx).total;
  } catch (error) {
    return isCrossweaveError(error) ? `${error.code}: ${error.message}` : error;
  }
}

const contrasts = ['info-nce', 'siglip', 'triplet', 'supervised', 'decoupled', 'cloob'];

describe.each(contrasts)('%s', (name) => {
  it('refuses sides that do not fit each other', () => {
    expect(compute(name, { rows: 2 })).toMatch(/^shape: .*embeddings of the texts.*\[2, 4\]/);
    expect(compute(name, { width: 5 })).toMatch(/^shape: .*embeddings of the texts.*\[3, 5\]/);
  });

  it('refuses identities that are fewer than the pairs: the others would count as different', () => {
    expect(compute(name, { captions: ['x', 'x'] })).toMatch(
      /^data: .*captions of the batch is wrong; expected a list of 3/,
    );
  });
});

it('takes captions that are as many as the pairs', () => {
  expect(compute('info-nce', { captions: ['x', 'x', 'y'] })).toHaveProperty('shape', []);
});
