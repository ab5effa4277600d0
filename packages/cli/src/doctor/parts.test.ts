import { expect, it } from 'vitest';
import { lacking } from './examine';
import { describeParts, firstLine, type PartReport } from './parts';

it('tries to read a picture and a caption', async () => {
  const parts = await describeParts();
  expect(parts.filter(({ optional }) => !optional)).toEqual([
    { name: 'pictures', optional: false, usable: true, detail: 'are decoded by sharp' },
    {
      name: 'captions',
      optional: false,
      usable: true,
      detail: 'are tokenised by the rules of Python’s tokenizers',
    },
  ]);
  for (const { usable, command } of parts) expect(command === undefined).toBe(usable);
});

it('lacks an engine or a part that is not optional', () => {
  const part = (name: string, usable: boolean, optional: boolean): PartReport => {
    return { name, usable, optional, detail: '' };
  };
  const parts = [part('pictures', true, false), part('onnx models', false, true)];
  expect(lacking({ auto: 'cpu', parts })).toEqual([]);
  expect(lacking({ auto: null, parts: [...parts, part('captions', false, false)] })).toEqual([
    'an engine',
    'captions',
  ]);
});

it.each([
  [new Error('Could not load sharp.\n\nPossible solutions:'), 'Could not load sharp'],
  ['  text:\n', 'text'],
  [new Error(''), ''],
])('takes the first line of %s', (error, expected) => {
  expect(firstLine(error)).toBe(expected);
});
