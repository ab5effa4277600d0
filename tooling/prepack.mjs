/**
 * `prepack` of every package: refuses to pack one that would be broken for whoever installs it.
 * Every file that the manifest names must have been built, with its declarations, and the licence
 * must be there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.cwd();
const {
  name,
  exports: doors,
  bin = {},
} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const named = [
  ...Object.values(doors).flatMap((door) =>
    typeof door === 'string' ? [door] : Object.values(door),
  ),
  ...Object.values(bin),
];
const missing = [...new Set([...named, './LICENSE', './README.md'])].filter(
  (file) => !existsSync(join(folder, file)),
);
if (missing.length > 0) {
  console.error(`${name} cannot be packed: it lacks ${missing.join(', ')}. Run "npm run build".`);
  process.exit(1);
}
