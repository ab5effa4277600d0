import { expect, it } from 'vitest';
import { untilAborted } from './until-aborted';

/** 0, 1, 2 …, each after `wait`; `ended` tells that it was given back. */
function counting(wait: (item: number) => Promise<void>): {
  items: AsyncGenerator<number>;
  ended: () => boolean;
} {
  let ended = false;
  const items = (async function* () {
    try {
      for (let i = 0; i < 5; i++) {
        await wait(i);
        yield i;
      }
    } finally {
      ended = true;
    }
  })();
  return { items, ended: () => ended };
}

const collect = async (
  items: AsyncIterable<number>,
  signal: AbortSignal,
  each: (item: number) => void = () => undefined,
): Promise<number[]> => {
  const seen: number[] = [];
  for await (const item of untilAborted(items, signal)) {
    seen.push(item);
    each(item);
  }
  return seen;
};

it('gives all items without an abort, and fails as they do', async () => {
  const { signal } = new AbortController();
  expect(await collect(counting(() => Promise.resolve()).items, signal)).toEqual([0, 1, 2, 3, 4]);
  const failing = counting((i) =>
    i === 2 ? Promise.reject(new Error('torn')) : Promise.resolve(),
  );
  await expect(collect(failing.items, signal)).rejects.toThrow('torn');
});

it('ends between items, having given the iterable back', async () => {
  const abort = new AbortController();
  const { items, ended } = counting(() => Promise.resolve());
  const seen = await collect(items, abort.signal, (i) => {
    if (i === 1) abort.abort();
  });
  expect(seen).toEqual([0, 1]);
  expect(ended()).toBe(true);
});

it('does not wait for an item that is being made, which fails unheard', async () => {
  const abort = new AbortController();
  let release: (error: Error) => void = () => undefined;
  const { items, ended } = counting((i) => {
    if (i < 2) return Promise.resolve();
    setTimeout(() => abort.abort(), 1);
    return new Promise((_, reject) => (release = reject));
  });
  expect(await collect(items, abort.signal)).toEqual([0, 1]);
  expect(ended()).toBe(false);
  release(new Error('torn'));
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(ended()).toBe(true);
});

it('gives the iterable back when its consumer leaves', async () => {
  const { items, ended } = counting(() => Promise.resolve());
  for await (const item of untilAborted(items, new AbortController().signal)) {
    expect(item).toBe(0);
    break;
  }
  expect(ended()).toBe(true);
});
