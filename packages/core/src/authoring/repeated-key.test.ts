import { expect, it } from 'vitest';
import { repeatedKey } from './repeated-key';

function repeated(json: string): string | undefined {
  return repeatedKey(json, JSON.parse(json))?.join('.');
}

it.each([
  ['{"a":1,"a":1}', 'a'],
  ['{"training": {"steps": 2,\n "loss": {"name": "x"}, "steps" : 3}}', 'training.steps'],
  ['{"a":[{"b":1},{"c":{"d":1,"d":2}}]}', 'a.c.d'],
  ['{"x":{},"y":[[]],"a":{"b":1},"c":2,"a":3}', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"":1, "":2}', ''],
  ['[{"a":1},{"b\\\\":1,"b\\\\":1}]', 'b\\'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('%s has %s twice', (json, path) => {
  expect(repeated(json)).toBe(path);
});

it.each([
  '{"a":{"b":1},"b":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"b","b":"a"}',
  '{"a":"{\\"a\\":1}","b":["a","a"]}',
  '{"a\\"":1,"a":": \\\\","__proto__":{"a":1}}',
  '"a"',
  'null',
])('%s has none twice', (json) => {
  expect(repeated(json)).toBeUndefined();
});

it('reads a name of millions of characters', () => {
  const name = 'x'.repeat(5_000_000);
  expect(repeated(JSON.stringify({ [name]: 1 }))).toBeUndefined();
  expect(repeated(`{"${name}":1,"${name}":2}`)).toBe(name);
});

it('takes what is nested deeply', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(repeatedKey(deep, JSON.parse(deep))).toBeUndefined();
});
