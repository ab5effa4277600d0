/** What the scripts of this folder share: running the pinned pnpm, installing when needed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Folders of packages, with their manifests, in a fixed order. */
export function packages() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((folder) => join(root, 'packages', folder))
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => ({
      path,
      manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')),
    }));
}

/**
 * Runs a program in the workspace's root and resolves with its exit code and, when
 * `capture` is set, what it printed. A signal counts as 128 plus its number.
 */
export function run(program, args, { capture = false, cwd = root, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: String(error) }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 137), output }),
    );
  });
}

/** The pinned pnpm through npx: nobody needs to have pnpm. */
export function pnpm(args, options) {
  return run('npx', ['--yes', manifest.packageManager, ...args], options);
}

/** A program of the workspace's own `node_modules/.bin`. */
export function tool(name, args, options) {
  return run(process.execPath, [binOf(name), ...args], options);
}

function binOf(name) {
  const path = join(root, 'node_modules', name, 'package.json');
  const { bin } = JSON.parse(readFileSync(path, 'utf8'));
  return join(dirname(path), typeof bin === 'string' ? bin : (bin[name] ?? Object.values(bin)[0]));
}

/** Installs unless the last finished install was of this very lockfile. */
export async function installIfNeeded() {
  const stamp = join(root, 'node_modules', '.cache', 'crossweave', 'installed');
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return;
  console.log('Installing packages …');
  const { code, output } = await pnpm(['install', '--frozen-lockfile'], { capture: true });
  if (code !== 0) {
    console.error(output);
    console.error('The installation failed; the lines above say why.');
    process.exit(code);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockfile);
}
