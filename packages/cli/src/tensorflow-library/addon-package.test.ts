import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAddonPackage } from './addon-package';

/** A project with a tfjs-node of its own, whose node-pre-gyp answers with a fixed path. */
let project = '';
const folder = (): string => join(project, 'node_modules/@tensorflow/tfjs-node');

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'crossweave-addon-')));
  const gyp = join(folder(), 'node_modules/@mapbox/node-pre-gyp');
  await mkdir(gyp, { recursive: true });
  await writeFile(join(folder(), 'package.json'), '{"version":"4.99.0"}');
  await writeFile(
    join(gyp, 'index.js'),
    'exports.find = (path) => require("path").join(path, "../lib/napi-v6/tfjs_binding.node");',
  );
});
afterAll(() => rm(project, { recursive: true }));

describe('findAddonPackage', () => {
  it("takes the project's own, and asks it where its binding belongs", () => {
    expect(findAddonPackage(false, project)).toEqual({
      name: '@tensorflow/tfjs-node',
      version: '4.99.0',
      folder: folder(),
      bindingFolder: join(folder(), 'lib/napi-v6'),
      napi: 6,
    });
  });

  it('takes the one that the engines load where the project has none', () => {
    expect(findAddonPackage(true, project)).toMatchObject({
      name: '@tensorflow/tfjs-node-gpu',
      napi: 8,
    });
  });
});
