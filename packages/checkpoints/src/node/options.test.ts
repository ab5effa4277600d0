import { describe, expect, it } from 'vitest';
import { keyMap } from '../key-map/key-map';
import { matchParams } from '../key-map/match-params';
import { testOptions } from '@crossweave/core/testing';
import { findCheckpoint } from './find-checkpoint';
import { loadCheckpoint } from './load-checkpoint';
import { saveCheckpoint } from './save-checkpoint';
import { loadOnnxModel } from './transformers/onnx-model';
import { transformersLibraries } from './transformers/library';

const runner = { describe, it };
const nowhere = '/no/such/folder';
const nothing = (): Promise<unknown> => Promise.resolve({});
const libraries = Object.fromEntries(
  transformersLibraries.map((name) => [name, nothing]),
) as Parameters<typeof loadOnnxModel>[2];

testOptions('loadCheckpoint', (options) => loadCheckpoint(nowhere, options), runner, {
  anyText: ['cacheFolder', 'endpoint', 'prefix'],
  anyTexts: ['ignoreUnexpected', 'ignoreMissing'],
});
testOptions('findCheckpoint', (options) => findCheckpoint(nowhere, options), runner, {
  known: ['revision', 'cacheFolder', 'download', 'endpoint'],
  anyText: ['cacheFolder', 'endpoint'],
});
testOptions(
  'saveCheckpoint',
  (options) => saveCheckpoint(`${nowhere}/x.safetensors`, {}, options),
  runner,
);
testOptions('keyMap', (options) => keyMap('theirs', options), runner, {
  required: { rules: { a: 'b' } },
  anyTexts: ['drops', 'prefixes'],
});
testOptions('matchParams', (options) => matchParams({}, {}, options), runner, {
  anyText: ['where'],
  anyTexts: ['ignoreUnexpected', 'ignoreMissing'],
});
testOptions(
  'loadOnnxModel',
  (options) => loadOnnxModel('test', nowhere, libraries, options),
  runner,
  { known: ['library', 'modelClass', 'file', 'quantized'], anyText: ['modelClass', 'file'] },
);

it.each(['../secret', 'a/b', '..', '', '%2e'])(
  'no weights are sought by the name %j',
  async (file) => {
    await expect(loadOnnxModel('test', nowhere, libraries, { file })).rejects.toThrow(
      /test: "file" has a value that is not allowed; expected the name of a file/,
    );
  },
);
