import { foldIn, key, randomInteger, split, type Key } from '@crossweave/core';

/**
 * How many mutated inputs a test tries: few in the suite, as many as CROSSWEAVE_MUTATIONS says in
 * a longer search.
 */
export function mutations(inSuite: number): number {
  return Number(process.env['CROSSWEAVE_MUTATIONS'] ?? inSuite);
}

/** Strings on which readers of text stumble. */
const oddities = [
  ...['"', '""', '"""', '\\"', '\\', ',', ';', '\t', '|', '\n', '\r', '\r\n', '\0', '\uFEFF', ' '],
  ...[
    '[',
    '{',
    ']',
    '}',
    '[[[[',
    '{"a":',
    ':',
    'null',
    'true',
    '-1',
    '1e999',
    '12345678901234567890',
  ],
  ...[
    '0.5',
    '__proto__',
    'constructor',
    '\u200b',
    '\ud800',
    'é',
    '\u{1F600}',
    '\u2028',
    '[]',
    '{}',
  ],
];

/** 1 to 4 small changes of some bytes, by the key alone. */
export function mutateBytes(bytes: Uint8Array, at: Key): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  const changes = 1 + randomInteger(foldIn(at, 'changes'), 4);
  for (let i = 0; i < changes; i++) mutated = change(mutated, foldIn(at, `change ${i}`));
  return mutated;
}

function change(bytes: Buffer, at: Key): Buffer {
  const draw = (name: string, below: number): number =>
    below === 0 ? 0 : randomInteger(foldIn(at, name), below);
  const place = draw('place', bytes.length + 1);
  const length = draw('length', Math.min(40, bytes.length - place + 1));
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  const piece = bytes.subarray(place, place + length);
  switch (draw('kind', 6)) {
    case 0:
      return Buffer.concat([
        before,
        Buffer.from(oddities[draw('oddity', oddities.length)] ?? ''),
        after,
      ]);
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, piece, after]);
    case 3:
      return Buffer.concat([before, Buffer.from([draw('byte', 256)]), after.subarray(1)]);
    case 4:
      return draw('truncate', 4) === 0 ? Buffer.from(before) : Buffer.concat([after, before]);
    default: {
      const other = draw('other', bytes.length + 1);
      return Buffer.concat([before, bytes.subarray(other, other + length), after.subarray(length)]);
    }
  }
}

/** A JSON value with one of its parts replaced, removed or renamed, by the key alone. */
export function mutateJson(value: unknown, at: Key): unknown {
  const [here, below] = split(at, 2) as [Key, Key];
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0 || randomInteger(foldIn(here, 'stop'), 5) === 0) {
    const odd: unknown[] = [
      null,
      -1,
      0.5,
      1e300,
      7,
      '',
      'x',
      '__proto__',
      [],
      {},
      true,
      [[]],
      { a: 1 },
    ];
    return odd[randomInteger(foldIn(here, 'odd'), odd.length)];
  }
  const chosen = randomInteger(foldIn(here, 'entry'), entries.length);
  const kind = randomInteger(foldIn(here, 'kind'), 8);
  const changed = entries.flatMap(([name, part], i): [string, unknown][] => {
    if (i !== chosen) return [[name, part]];
    if (kind === 0) return [];
    if (kind === 1) return [[`${name}x`, part]];
    return [[name, mutateJson(part, below)]];
  });
  return Array.isArray(value) ? changed.map(([, part]) => part) : Object.fromEntries(changed);
}

/** The key of one mutation of one input. */
export function mutationKey(name: string, index: number): Key {
  return foldIn(foldIn(key(20), name), String(index));
}
