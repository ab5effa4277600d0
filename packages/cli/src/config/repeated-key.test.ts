import { expect, it } from 'vitest';
import { repeatedKey } from './repeated-key';

it.each([
  ['{"a":1,"a":1}', 'a'],
  ['{"training": {"steps": 2,\n "loss": {"name": "x"}, "steps" : 3}}', 'training.steps'],
  ['{"a":[{"b":1},{"c":{"d":1,"d":2}}]}', 'a.c.d'],
  ['{"a":1,"\\u0061":2}', 'a'],
])('%s has %s twice', (json, path) => {
  expect(repeatedKey(json)).toBe(path);
});

it.each([
  '{"a":{"b":1},"b":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"b","b":"a"}',
  '{"a":"{\\"a\\":1}","b":["a","a"]}',
  '"a"',
])('%s has none twice', (json) => {
  expect(repeatedKey(json)).toBeUndefined();
});
