import { expect, it } from 'vitest';
import { repeatedKey } from './repeated-key';

it.each<[string, string | undefined]>([
  ['{}', undefined],
  ['{"a":1,"b":{"a":1}}', undefined],
  ['{"a":["a","a"],"b":"a"}', undefined],
  ['{"a":"{\\"b\\":1,\\"b\\":2}"}', undefined],
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061" : 2}', 'a'],
  ['{"x":{"a":1,"a":2}}', 'a'],
  ['{"a\\"b":1,"a\\"b"\n:2}', 'a"b'],
  ['{"\\\\":1,"\\\\":2}', '\\'],
])('%s', (json, repeated) => {
  expect(repeatedKey(json)).toBe(repeated);
});

it('reads a name of millions of characters', () => {
  const name = 'x'.repeat(5_000_000);
  expect(repeatedKey(JSON.stringify({ [name]: 1 }))).toBeUndefined();
  expect(repeatedKey(`{"${name}":1,"${name}":2}`)).toBe(name);
});
