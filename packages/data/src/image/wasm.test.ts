import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import wabt from 'wabt';
import { normaliseWasm } from './normalise-wasm';
import { resampleWasm } from './resample-wasm';

it.each([
  ['resample.wat', resampleWasm],
  ['normalise.wat', normaliseWasm],
])('the module is what %s says', async (name, made) => {
  const text = await readFile(new URL(name, import.meta.url), 'utf8');
  const tools = await wabt();
  const { buffer } = tools.parseWat(name, text, { simd: true }).toBinary({});
  expect(Buffer.from(buffer).toString('base64')).toBe(made);
});
