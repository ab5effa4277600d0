import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { XlaBackendError } from '../errors';
import type { Platform } from './wheels';
import { WHEELS } from './wheels';

/** Names a plugin's library, or a Python environment that holds one. */
export const VARIABLE = 'CROSSWEAVE_PJRT';
/** Where an activated Python environment says that it is. */
const ENVIRONMENTS = ['VIRTUAL_ENV', 'CONDA_PREFIX'];

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of this package; null in a bundle, which has none. */
function ownFolder(): string | null {
  try {
    const name = '@crossweave/tfjs-backend-xla/package.json';
    return dirname(createRequire(import.meta.url).resolve(name));
  } catch {
    return null;
  }
}

/**
 * The library of a plugin for a platform: the one that `CROSSWEAVE_PJRT` names, or of a package in
 * the Python environment that it names; else the one that `crossweave engine add xla` put into this
 * package, or of a package in the environment that is activated.
 * @param own the folder of this package.
 * @throws XlaBackendError `plugin` if there is none, with where it was looked for.
 */
export function findPlugin(
  platform: Platform,
  environment: Environment = process.env,
  own: string | null = ownFolder(),
): string {
  const named = environment[VARIABLE] ?? '';
  if (named !== '') {
    if (!existsSync(named)) {
      throw missing(platform, `${VARIABLE} names ${named}, which is not there`, true);
    }
    if (statSync(named).isFile()) return named;
    const found = inEnvironment(named, platform);
    if (found !== null) return found;
    throw missing(platform, `${VARIABLE} names ${named}, which holds no plugin for it`, true);
  }
  const provisioned = own === null ? null : inEnvironment(join(own, 'plugins', platform), platform);
  if (provisioned !== null) return provisioned;
  const folders = ENVIRONMENTS.map((name) => environment[name] ?? '').filter((path) => path !== '');
  for (const folder of folders) {
    const found = inEnvironment(folder, platform);
    if (found !== null) return found;
  }
  const looked =
    folders.length === 0
      ? 'and no Python environment is activated'
      : `and ${folders.join(' and ')}, which is activated, has none`;
  throw missing(platform, `${VARIABLE} is not set, ${looked}`);
}

/** The first choice among the plugins for a platform in a Python environment. */
function inEnvironment(folder: string, platform: Platform): string | null {
  const places = sitePackages(folder);
  for (const wheel of WHEELS) {
    if (wheel.platform !== platform) continue;
    for (const place of places) {
      const library = join(place, wheel.library);
      if (existsSync(library)) return library;
    }
  }
  return null;
}

/** `lib/python3.12/site-packages`, or the folder itself if that is one. */
function sitePackages(folder: string): string[] {
  const lib = join(folder, 'lib');
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => /^python\d/.test(name)) : [];
  return [folder, ...versions.sort().map((name) => join(lib, name, 'site-packages'))];
}

/** How to get a plugin where {@link VARIABLE} names what holds none. */
export const anotherPlugin = (platform: Platform): string =>
  `Unset ${VARIABLE} and run npx crossweave engine add xla --${platform}, or let it name a Python ` +
  `environment with the package ${namesOf(platform).join(' or ')}.`;

const namesOf = (platform: Platform): string[] =>
  WHEELS.flatMap((wheel) => (wheel.platform === platform ? [wheel.name] : []));

function missing(platform: Platform, why: string, isNamed = false): XlaBackendError {
  const names = namesOf(platform);
  const advice = isNamed
    ? anotherPlugin(platform)
    : `It comes as a Python package (${names.join(' or ')}): npx crossweave engine add xla ` +
      `--${platform}, or python3 -m venv pjrt && pjrt/bin/pip install --no-deps ${names[0] ?? ''}, ` +
      `then ${VARIABLE}=$PWD/pjrt.`;
  const summary = `There is no PJRT plugin for ${platform}: ${why}.`;
  return new XlaBackendError('plugin', summary, undefined, { advice });
}
