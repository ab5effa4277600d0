import { existsSync, readFileSync, statSync } from 'node:fs';
import { arch, cpus, homedir, platform } from 'node:os';
import { join } from 'node:path';

/** What code for the processor depends on: what it is, and the instructions that it has. */
function processor(): string {
  const list = '/proc/cpuinfo';
  const flags = existsSync(list)
    ? (/^(flags|Features)\s*:.*$/m.exec(readFileSync(list, 'utf8'))?.[0] ?? '')
    : '';
  return [platform(), arch(), cpus()[0]?.model ?? '', flags].join('\n');
}

/** Tells machines apart on which one program does not run as on the other. @param library of the plugin. */
export function machineKey(library: string): string {
  const { size, mtimeMs } = statSync(library);
  return [library, size, mtimeMs, processor()].join('\n');
}

/** Where compiled programs are kept: in the user's folder for caches. */
export function defaultFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['XDG_CACHE_HOME'] ?? '';
  return join(given === '' ? join(homedir(), '.cache') : given, 'crossweave', 'xla');
}
