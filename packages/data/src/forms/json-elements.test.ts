import { assert, asyncProperty, integer, json, record, array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../records/row-reader.testing';
import { jsonElements, type JsonElement } from './json-elements';

async function read(text: string, size = 7): Promise<JsonElement[]> {
  const elements: JsonElement[] = [];
  const source = bytesSource(Buffer.from(text), 'c.json', size);
  for await (const element of jsonElements(source.chunks(), 'c.json')) elements.push(element);
  return elements;
}

describe('jsonElements', () => {
  it('gives the elements of lists by their keys, in chunks of any size', async () => {
    const text =
      '\uFEFF {"info": {"x": [1, {"y": []}]}, "im\\u0061ges" : [ {"a": "]},[é\\"" } , 2,\n[3]], "s": "[1]", "none": []}\n';
    for (const size of [1, 2, 3, 5, 1000]) {
      expect(await read(text, size)).toEqual([
        { key: 'images', index: 0, text: '{"a": "]},[é\\"" }' },
        { key: 'images', index: 1, text: '2' },
        { key: 'images', index: 2, text: '[3]' },
      ]);
    }
  });

  it('gives any lists of any values as they are', async () => {
    const value = json({ maxDepth: 2 }).map((text) => JSON.parse(text) as unknown);
    await assert(
      asyncProperty(
        record({ images: array(value), other: value, annotations: array(value) }),
        integer({ min: 1, max: 20 }),
        async (object, size) => {
          const elements = await read(JSON.stringify(object, null, size % 3), size);
          for (const key of ['images', 'annotations'] as const) {
            const own = elements.filter((element) => element.key === key);
            expect(own.map(({ text }) => JSON.parse(text) as unknown)).toEqual(
              JSON.parse(JSON.stringify(object[key])),
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses a key that stands twice', async () => {
    for (const text of ['{"a": [1], "b": 2, "a": [3]}', '{"a":1,"\\u0061":{}}']) {
      await expect(read(text)).rejects.toThrow(/c\.json: the file has the key "a" twice/);
    }
  });

  it.each(['', '[]', '{"images": [', '{"images": [{}]', '{}}', 'x', '{"a": [1]} {"b": [2]}'])(
    'refuses %j',
    async (text) => {
      await expect(read(text)).rejects.toThrow(/c\.json: the file is no whole JSON object/);
    },
  );
});
