import { expect, it } from 'vitest';
import { DataError } from '../errors';
import { requireBothSides } from './both-sides';

it('names the first record with a missing side, and what to do', () => {
  const whole = { id: 'a', captions: ['red'] };
  const half = { id: 'b', captions: [''], missing: 'text' } as const;
  expect(() => requireBothSides('here', [whole, whole])).not.toThrow();
  expect(() => requireBothSides('here', [whole, half])).toThrow(DataError);
  expect(() => requireBothSides('here', [half])).toThrow(
    /here: the record "b" has no text.*textDropout/,
  );
});
