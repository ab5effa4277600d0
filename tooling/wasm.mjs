/** Makes `X-wasm.ts` beside each `X.wat`; tests compare the two, or what they compute. */
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const packages = new URL('../packages/', import.meta.url);
const wabt = await createRequire(new URL('data/package.json', packages))('wabt')();
for (const [path, name] of [
  ['data/src/image/resample', 'resample'],
  ['data/src/image/normalise', 'normalise'],
  ['core/src/threefry', 'threefry'],
]) {
  const text = await readFile(new URL(`${path}.wat`, packages), 'utf8');
  const { buffer } = wabt.parseWat(`${name}.wat`, text, { simd: true }).toBinary({});
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,90}/g);
  writeFileSync(
    new URL(`${path}-wasm.ts`, packages),
    `// Made by tooling/wasm.mjs of ${name}.wat.
export const ${name}Wasm =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`,
  );
}
