import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformersLibraries } from '../transformers/library';

/** A model of Hugging Face's hub. */
export interface HubModel {
  /** `bert-base-uncased`, `openai/clip-vit-base-patch32`. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** Whether a text has the form of a hub id: a name, or an organisation and a name. */
export function isHubId(text: string): boolean {
  return /^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(text) && !text.includes('..');
}

/**
 * Folders in which the model may lie, the likeliest first: `own`, then where the transformers
 * libraries of JavaScript keep their files, then the cache of Hugging Face's Python libraries
 * (`HF_HUB_CACHE`, `HF_HOME`, `~/.cache/huggingface`).
 *
 * @param seekers files whose `node_modules` may hold those libraries: by default the working
 * folder's, the program's and this package's.
 */
export async function modelFolders(
  model: HubModel,
  own: readonly string[] = [],
  seekers: readonly string[] = defaultSeekers(),
): Promise<string[]> {
  const below = model.revision === 'main' ? model.id : join(model.id, model.revision);
  const javascript = [...own, ...libraryFolders(seekers)].map((folder) => join(folder, below));
  const snapshot = await pythonSnapshot(model);
  return [...javascript, ...(snapshot === undefined ? [] : [snapshot])];
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
  const commit = existsSync(reference) ? (await readFile(reference, 'utf8')).trim() : revision;
  const snapshot = join(folder, 'snapshots', commit);
  return dirname(snapshot) === join(folder, 'snapshots') && existsSync(snapshot)
    ? snapshot
    : undefined;
}
