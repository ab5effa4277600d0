import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { EngineError } from '@crossweave/core';
import { runProgram } from './run-program';

/** What building a native binding takes. */
export interface BuildTools {
  readonly python: string;
  /** node-gyp's script. */
  readonly nodeGyp: string;
  /** The folder whose `include/node` holds Node's headers. */
  readonly nodedir: string;
}

/**
 * Finds them before anything is downloaded.
 *
 * @throws EngineError that names what is missing and where to get it.
 */
export async function findTools(
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<BuildTools> {
  const python = await findPython(signal, env);
  for (const program of ['make', env['CXX'] ?? 'g++']) {
    await runProgram(program, ['--version'], {
      doing: `looking for the compiler`,
      advice: 'Install make and a C++ compiler (Debian and Ubuntu: apt install build-essential).',
      env,
      signal,
    });
  }
  const prefix = dirname(dirname(await realpath(process.execPath)));
  return { python, nodeGyp: await findNodeGyp(prefix, env), nodedir: findHeaders(prefix, env) };
}

/** @throws EngineError when there is no Python. */
export async function findPython(signal: AbortSignal, env: NodeJS.ProcessEnv): Promise<string> {
  const failures = [];
  for (const named of [env['PYTHON'], 'python3', 'python']) {
    if (named === undefined) continue;
    // A path is meant from here, not from where the program will run.
    const program = /[\\/]/.test(named) ? resolve(named) : named;
    try {
      await runProgram(program, ['--version'], { doing: 'looking for Python', env, signal });
      return program;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failures.push(program);
    }
  }
  throw new EngineError('there is no Python', {
    where: 'crossweave engine add',
    expected: 'one of these programs to run',
    got: failures.join(', '),
    advice: 'node-gyp needs it. Install Python 3, or name it: PYTHON=/path/to/python3',
  });
}

/** node-gyp as the package manager hands it on, as npm carries it, or as it is installed. */
async function findNodeGyp(prefix: string, env: NodeJS.ProcessEnv): Promise<string> {
  const script = 'node-gyp/bin/node-gyp.js';
  const places = [
    env['npm_config_node_gyp'],
    join(prefix, 'lib/node_modules/npm/node_modules', script),
    join(prefix, 'lib/node_modules', script),
    ...(env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node-gyp')),
  ];
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (found !== undefined) return realpath(found);
  throw new EngineError('there is no node-gyp', {
    where: 'crossweave engine add',
    advice: 'It comes with npm. Install it: npm install --global node-gyp',
  });
}

/** node-gyp would download Node's headers; most installations of Node have them. */
function findHeaders(prefix: string, env: NodeJS.ProcessEnv): string {
  const places = [env['npm_config_nodedir'], prefix].filter((place) => place !== undefined);
  const found = places.find((place) => existsSync(join(place, 'include/node/node_api.h')));
  if (found !== undefined) return found;
  throw new EngineError("Node's headers are not there", {
    where: 'crossweave engine add',
    expected: 'include/node/node_api.h in one of these folders',
    got: places.join(', '),
    advice:
      "Use Node's own tarball or image, which has them (Debian's nodejs: apt install libnode-dev), " +
      'or unpack its headers archive and set npm_config_nodedir to that folder.',
  });
}
