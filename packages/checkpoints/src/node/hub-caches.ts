import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@crossweave/core';
import { transformersLibraries } from './transformers/library';
import { openRegular } from '@crossweave/core/node';

/** A model of Hugging Face's hub. */
export interface HubModel {
  /** `bert-base-uncased`, `openai/clip-vit-base-patch32`. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/**
 * Whether a text has the form of a hub id: a name, or an organisation and a name, each of letters,
 * digits, `_`, `-` and `.` as the hub itself allows them.
 */
export function isHubId(text: string): boolean {
  const parts = text.split('/');
  return (
    parts.length <= 2 &&
    parts.every((part) => /^[\w-][\w.-]{0,95}$/.test(part) && !part.includes('..'))
  );
}

/**
 * Whether a text has the form of a revision: a branch, a tag, a commit, or `refs/pr/1`. Every step
 * of it stays where it is: none is empty or holds `..`, an escape, a back-slash or a NUL.
 */
export function isRevision(text: string): boolean {
  const parts = text.split('/');
  return (
    text.length <= 255 &&
    parts.every((part) => /^[\w-][\w.+@-]*$/.test(part) && !part.includes('..'))
  );
}

/**
 * Folders in which the model may lie, the likeliest first: `own`, then where the transformers
 * libraries of JavaScript keep their files, then the cache of Hugging Face's Python libraries
 * (`HF_HUB_CACHE`, `HF_HOME`, `~/.cache/huggingface`).
 *
 * @param seekers files whose `node_modules` may hold those libraries: by default the working
 * folder's, the program's and this package's.
 * @throws ConfigError when id or revision could lead out of those folders.
 */
export async function modelFolders(
  model: HubModel,
  own: readonly string[] = [],
  seekers: readonly string[] = defaultSeekers(),
): Promise<string[]> {
  requireHubModel(model);
  const below = model.revision === 'main' ? model.id : join(model.id, model.revision);
  const javascript = [...own, ...libraryFolders(seekers)].map((folder) => join(folder, below));
  const snapshot = await pythonSnapshot(model);
  return [...javascript, ...(snapshot === undefined ? [] : [snapshot])];
}

/** Both become steps of paths and of addresses. */
function requireHubModel({ id, revision }: HubModel): void {
  if (!isHubId(id)) {
    throw new ConfigError('the name is no id of a hub', {
      where: 'loadCheckpoint',
      expected: 'a name, or an organisation and a name: org/model',
      got: id,
    });
  }
  if (!isRevision(revision)) {
    throw new ConfigError('"revision" has a value that is not allowed', {
      where: 'loadCheckpoint',
      expected: 'a branch, a tag or a commit',
      got: revision,
    });
  }
}

function defaultSeekers(): string[] {
  const [, program] = process.argv;
  const own = fileURLToPath(import.meta.url);
  // A command is a link from node_modules/.bin; its package's own modules lie where it leads.
  const real = program !== undefined && existsSync(program) ? [realpathSync(program)] : [];
  return [join(process.cwd(), 'package.json'), ...real, own];
}

/** Where the libraries that are installed keep models: what they downloaded, and what was put there. */
function libraryFolders(seekers: readonly string[]): string[] {
  const modules = seekers.flatMap((from) => createRequire(from).resolve.paths('x') ?? []);
  const roots = transformersLibraries.flatMap((name) =>
    [...new Set(modules)].map((at) => join(at, name)),
  );
  return roots
    .filter((root) => existsSync(root))
    .flatMap((root) => [join(root, '.cache'), join(root, 'models')]);
}

/** The folder of one revision in the cache of the Python libraries: `models--org--name/snapshots/<commit>`. */
async function pythonSnapshot({ id, revision }: HubModel): Promise<string | undefined> {
  const { HF_HUB_CACHE: cache, HF_HOME: home } = process.env;
  const root = cache ?? join(home ?? join(homedir(), '.cache', 'huggingface'), 'hub');
  const folder = join(root, `models--${id.replace('/', '--')}`);
  const reference = join(folder, 'refs', revision);
  const commit = existsSync(reference) ? await readReference(reference) : revision;
  const snapshot = join(folder, 'snapshots', commit);
  return isRevision(commit) && existsSync(snapshot) ? snapshot : undefined;
}

async function readReference(path: string): Promise<string> {
  const file = await openRegular(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
