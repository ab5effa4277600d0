/** Writes a WebAssembly module into a TypeScript file: `node embed.mjs MODULE FILE`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';

/* global WebAssembly -- of the JavaScript standard */

const [module, file] = process.argv.slice(2);
const bytes = readFileSync(module);
const foreign = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
if (foreign.length > 0) throw new Error(`it imports ${JSON.stringify(foreign)}`);
const packed = deflateRawSync(bytes, { level: 9 }).toString('base64');
writeFileSync(
  file,
  `// Made by tooling/jpeg/build.sh: a WebAssembly module, deflated, in base64.
export const jpegWasm =
${packed
  .match(/.{1,300}/g)
  .map((line) => `  '${line}'`)
  .join(' +\n')};
`,
);
console.log(`${bytes.length} bytes, ${packed.length} characters`);
