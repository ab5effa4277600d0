import { describe, expect, it } from 'vitest';
import { createYield, yieldToEventLoop, type Scheduling } from './yield-to-event-loop';

const block = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

describe.each<[string, () => Promise<void>]>([
  ['of this runtime', yieldToEventLoop],
  ['by setImmediate', createYield({ setImmediate })],
  ['by MessageChannel', createYield({ MessageChannel } as unknown as Scheduling)],
  ['by setTimeout', createYield({})],
])('%s', (_, pause) => {
  it('lets a timer that is due run within two turns, where microtasks alone do not', async () => {
    let heard = false;
    setTimeout(() => (heard = true), 1);
    block(5);
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(heard).toBe(false);
    await pause();
    await pause();
    expect(heard).toBe(true);
  });

  it('resolves every call, in order', async () => {
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((call) => pause().then(() => order.push(call))));
    expect(order).toEqual([1, 2, 3]);
  });
});
