/** Makes `packages/data/src/image/resample-wasm.ts` of `resample.wat`; a test compares the two. */
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const folder = new URL('../packages/data/', import.meta.url);
const wabt = await createRequire(new URL('package.json', folder))('wabt')();
const text = await readFile(new URL('src/image/resample.wat', folder), 'utf8');
const { buffer } = wabt.parseWat('resample.wat', text, { simd: true }).toBinary({});
const lines = Buffer.from(buffer)
  .toString('base64')
  .match(/.{1,90}/g);
writeFileSync(
  new URL('src/image/resample-wasm.ts', folder),
  `// Made by tooling/wasm.mjs of resample.wat.
export const resampleWasm =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`,
);
