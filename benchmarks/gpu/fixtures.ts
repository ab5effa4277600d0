/**
 * Fixtures of PyTorch on XLA, values and gradients: `node fixtures.mjs --platform cuda --part 0 --parts 8
 * --packages ../../../packages`. Prints a line of JSON as each case begins, and one as it ends with the
 * reason why it failed, or null: what a process that ends early had done is known then.
 */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadFixture, type FixtureCase } from '@crossweave/core/testing';
import { registerXlaBackend, type XlaBackendOptions } from '@crossweave/tfjs-backend-xla';
import * as tf from '@tensorflow/tfjs-core';
import { expectReference as expectFusion } from '../../packages/fusion/src/reference.testing';
import { families } from '../../packages/image-encoder/src/families.testing';
import { expectReference as expectImage } from '../../packages/image-encoder/src/reference.testing';
import { textEncoderFromConfig } from '../../packages/text-encoder/src/config/from-config';
import type { HuggingFaceConfig } from '../../packages/text-encoder/src/config/reader';
import { expectReference as expectText } from '../../packages/text-encoder/src/transformer/reference.testing';
import { isOwn, tell, values } from './cases';

/** The fixtures are of float64, and PyTorch's own float32 gradients differ by as much. */
const closeness = { rtol: 1e-4, atol: 1e-4 };
const urlOf = (path: string): URL => pathToFileURL(resolve(values.packages, path));

interface Case {
  readonly name: string;
  readonly check: () => void;
}

/** All cases of a file of fixtures. */
function casesOf(path: string, check: (reference: FixtureCase, name: string) => void): Case[] {
  const fixture = loadFixture(urlOf(path));
  return fixture.names.map((name) => ({
    name: `${path} ${name}`,
    check: () => check(fixture.case(name), name),
  }));
}

const cases: readonly Case[] = [
  ...readdirSync(urlOf('fusion/fixtures')).flatMap((file) => {
    const fixture = loadFixture(urlOf(`fusion/fixtures/${file}`));
    return casesOf(`fusion/fixtures/${file}`, (_, name) => expectFusion(fixture, name));
  }),
  ...Object.entries(families).flatMap(([file, family]) =>
    casesOf(`image-encoder/fixtures/${file}.json`, (reference, name) =>
      expectImage(family(reference.options), reference, name === 'training'),
    ),
  ),
  ...['bert', 'distilbert', 'roberta', 'clip-text'].flatMap((file) =>
    casesOf(`text-encoder/fixtures/${file}.json`, (reference) => {
      const { config, ...options } = reference.options;
      const encoder = textEncoderFromConfig(config as HuggingFaceConfig, options);
      expectText(encoder, reference, undefined, closeness);
    }),
  ),
];

const platform = values.platform as XlaBackendOptions['platform'];
await tf.setBackend(registerXlaBackend({ platform }));
for (const { name, check } of cases.filter((each) => isOwn(each.name))) {
  tell(name);
  try {
    tf.tidy(check);
    tell(name, null);
  } catch (error) {
    tell(name, String(error));
  }
}
process.exit(0);
