/**
 * `npm run pack -- FOLDER`: builds, and packs every package into the folder as it would be
 * published. `npm install FOLDER/*.tgz` in an empty folder then installs what users will get.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packages, pnpm } from './workspace.mjs';

/**
 * Packs every package into `out`.
 * @param failed is told of those that cannot be packed
 * @returns the tarballs by the names of their packages
 */
export async function packAll(out, failed) {
  mkdirSync(out, { recursive: true });
  const tarballs = new Map();
  for (const { path, manifest } of packages()) {
    const { name, version } = manifest;
    // The least compression: it takes seconds off ONNX Runtime's binaries.
    const args = ['pack', '--pack-gzip-level', '1', '--pack-destination', out];
    const packed = await pnpm(args, { capture: true, cwd: path });
    if (packed.code !== 0) failed(`packing ${name}`, packed);
    else tarballs.set(name, join(out, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`));
  }
  return tarballs;
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder] = process.argv;
  if (folder === undefined) {
    console.error('Name the folder: npm run pack -- FOLDER');
    process.exit(2);
  }
  const built = await pnpm(['exec', 'turbo', 'run', 'build'], { capture: true });
  if (built.code !== 0) {
    console.error(built.output);
    process.exit(1);
  }
  let failures = 0;
  const tarballs = await packAll(resolve(folder), (what, { output }) => {
    failures++;
    console.error(`${what} failed:\n${output}`);
  });
  for (const file of tarballs.values()) console.log(file);
  process.exit(failures === 0 ? 0 : 1);
}
