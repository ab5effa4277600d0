/**
 * Copies ONNX Runtime's Node binding into the package of the current folder, as `onnxruntime/`:
 * the published `onnxruntime-node` downloads CUDA's libraries in an install script, and its
 * installation fails where only npm is reached. Nothing is changed in the files; what is left out
 * is what the backend never loads.
 */
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = process.cwd();
const manifestFile = createRequire(join(folder, 'package.json')).resolve(
  'onnxruntime-node/package.json',
);
const from = dirname(manifestFile);
const to = join(folder, 'onnxruntime');
const { version, license } = JSON.parse(readFileSync(manifestFile, 'utf8'));

/** DirectML is a provider that the backend lacks; the other is the same file under another name. */
const leftOut = ['DirectML.dll', `libonnxruntime.${version}.dylib`];

rmSync(to, { recursive: true, force: true });
copy('dist', (file) => file.endsWith('.js'));
const binaries = join('bin', 'napi-v6');
for (const platform of readdirSync(join(from, binaries))) {
  for (const arch of readdirSync(join(from, binaries, platform))) {
    copy(join(binaries, platform, arch), (file) => !leftOut.includes(file));
  }
}
cpSync(join(folder, 'licences'), to, { recursive: true });
// Its files are CommonJS, those around it are not.
const manifest = { name: 'onnxruntime-node', version, license, type: 'commonjs', private: true };
writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
function copy(below, chosen) {
  mkdirSync(join(to, below), { recursive: true });
  for (const file of readdirSync(join(from, below)).filter(chosen)) {
    place(join(from, below, file), join(to, below, file));
  }
}

/** A second name for the same file where the file system has that: they are 200 MB. */
function place(source, target) {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}
