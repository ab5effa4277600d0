/**
 * `node tooling/pjrt-layout.mjs pjrt_c_api.h` writes what `packages/tfjs-backend-xla` knows of
 * PJRT's C interface: the place of each function it calls in the table, and where the fields of its
 * arguments lie. The header is openxla/xla's `xla/pjrt/c/pjrt_c_api.h`; some plugins' wheels carry
 * it. Later versions only append, so an old header drives a new plugin.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const used = [
  'Error_Destroy',
  'Error_Message',
  'Error_GetCode',
  'Plugin_Initialize',
  'Event_Destroy',
  'Event_IsReady',
  'Event_Await',
  'Client_Create',
  'Client_Destroy',
  'Client_PlatformName',
  'Client_PlatformVersion',
  'Client_AddressableDevices',
  'DeviceDescription_Kind',
  'Device_GetDescription',
  'Client_Compile',
  'Client_BufferFromHostBuffer',
  'Executable_Destroy',
  'Executable_NumOutputs',
  'Executable_SizeOfGeneratedCodeInBytes',
  'Executable_GetCompiledMemoryStats',
  'Executable_Serialize',
  'Executable_DeserializeAndLoad',
  'LoadedExecutable_Destroy',
  'LoadedExecutable_GetExecutable',
  'LoadedExecutable_Execute',
  'Buffer_Destroy',
  'Buffer_ToHostBuffer',
];
const alsoUsed = ['PJRT_NamedValue', 'PJRT_Program', 'PJRT_ExecuteOptions'];

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node tooling/pjrt-layout.mjs pjrt_c_api.h');
  process.exit(2);
}
const header = readFileSync(path, 'utf8');
const code = header.replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
const enums = new Set([...code.matchAll(/typedef enum \{[^}]*\}\s*(\w+);/g)].map((m) => m[1]));
const sizes = { pointer: 8, int: 4, float: 4, bool: 1 };
const structs = {};

const sizeOf = (kind) => sizes[kind] ?? structs[kind].size;
const alignOf = (kind) => sizes[kind] ?? 8;

/** A field's kind (8 bytes are a `pointer`, whatever they mean) and its name. */
function fieldOf(text) {
  const callback = /\(\*\s*(\w+)\)\s*\(/.exec(text);
  if (callback !== null) return ['pointer', callback[1]];
  const [, before, name] = /^([\s\S]*?)(\w+)$/.exec(text);
  const type = before.replace(/\bconst\b|\bstruct\b/g, '').trim();
  if (/\*$|^(size_t|u?int64_t|u?intptr_t)$|Callback$|Deleter$/.test(type)) return ['pointer', name];
  if (type === 'int' || enums.has(type)) return ['int', name];
  if (type === 'float' || type === 'bool') return [type, name];
  if (type in structs) return [type, name];
  throw new Error(`unknown type in "${text}"`);
}

for (const [, name, body] of code.matchAll(/(?:typedef )?struct (\w+) \{([\s\S]*?)\n\}\s*\w*;/g)) {
  if (name === 'PJRT_Api') continue;
  const flat = body.replace(
    /union \{([\s\S]*?)\};/g,
    (_, inner) =>
      `@${inner
        .split(';')
        .map((part) => part.trim())
        .filter(Boolean)
        .join('|')};`,
  );
  const fields = {};
  let end = 0;
  let own = 0;
  for (const declaration of flat
    .split(';')
    .map((part) => part.trim())
    .filter(Boolean)) {
    const choices = declaration.startsWith('@') ? declaration.slice(1).split('|') : [declaration];
    const found = choices.map(fieldOf);
    const align = Math.max(...found.map(([kind]) => alignOf(kind)));
    const size = Math.max(...found.map(([kind]) => sizeOf(kind)));
    const at = Math.ceil(end / align) * align;
    for (const [kind, field] of found) fields[field] = [at, kind];
    end = at + size;
    own = end;
  }
  structs[name] = { size: Math.ceil(end / 8) * 8, own, fields };
}

const table = [...code.matchAll(/_PJRT_API_STRUCT_FIELD\((PJRT_\w+)\);/g)].map((m) => m[1]);
const version = (part) => Number(new RegExp(`PJRT_API_${part} (\\d+)`).exec(code)[1]);
const places = used.map((name) => {
  const place = table.indexOf(`PJRT_${name}`);
  if (place < 0) throw new Error(`the header has no PJRT_${name}`);
  return `  ${name}: ${place},`;
});
const layouts = [...used.map((name) => `PJRT_${name}_Args`), ...alsoUsed].map((name) => {
  const { size, own, fields } = structs[name];
  const inside = Object.entries(fields)
    .filter(([field]) => !['struct_size', 'extension_start'].includes(field))
    .map(([field, [at, kind]]) => `${field}: [${at}, '${kind}']`);
  const short = name.replace(/^PJRT_/, '').replace(/_Args$/, '');
  return `  ${short}: { size: ${size}, own: ${own}, fields: { ${inside.join(', ')} } },`;
});
const hash = createHash('sha256').update(header).digest('hex');
writeFileSync(
  fileURLToPath(new URL('../packages/tfjs-backend-xla/src/pjrt/layout.ts', import.meta.url)),
  `// Written by tooling/pjrt-layout.mjs from a pjrt_c_api.h with this SHA-256:
// ${hash}
/* prettier-ignore-start */

/** The version of PJRT's C interface that the layouts are of. */
export const API_VERSION = { major: ${version('MAJOR')}, minor: ${version('MINOR')} } as const;

/** Where each function stands in the table of them. */
// prettier-ignore
export const FUNCTIONS = {
${places.join('\n')}
} as const;

/**
 * What functions are given: bytes of memory, bytes that the plugin is told of (without padding at
 * the end), and for each field where it lies and what it is.
 */
// prettier-ignore
export const STRUCTS = {
${layouts.join('\n')}
} as const;
`.replace('/* prettier-ignore-start */\n', ''),
);
