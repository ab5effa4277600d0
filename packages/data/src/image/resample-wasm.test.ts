import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import wabt from 'wabt';
import { resampleWasm } from './resample-wasm';

it('is what resample.wat says', async () => {
  const text = await readFile(new URL('resample.wat', import.meta.url), 'utf8');
  const tools = await wabt();
  const { buffer } = tools.parseWat('resample.wat', text, { simd: true }).toBinary({});
  expect(Buffer.from(buffer).toString('base64')).toBe(resampleWasm);
});
