import { expect, it } from 'vitest';
import { checkpointClock } from './checkpoint-clock';

it('is due by steps, or by minutes since the last save', () => {
  let now = 0;
  const clock = checkpointClock({ steps: 10, minutes: 2 }, () => now);
  expect([5, 10, 11].map((step) => clock.isDue(step))).toEqual([false, true, false]);
  now = 120_000;
  expect(clock.isDue(11)).toBe(true);
  clock.saved();
  expect(clock.isDue(12)).toBe(false);
  const never = checkpointClock(undefined, () => 1e12);
  expect(never.isDue(10)).toBe(false);
  expect(checkpointClock(3).isDue(6)).toBe(true);
});
