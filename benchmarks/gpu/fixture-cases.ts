import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadFixture, type FixtureCase } from '@crossweave/core/testing';
import { expectReference as expectFusion } from '../../packages/fusion/src/reference.testing';
import { families } from '../../packages/image-encoder/src/families.testing';
import { expectReference as expectImage } from '../../packages/image-encoder/src/reference.testing';
import { textEncoderFromConfig } from '../../packages/text-encoder/src/config/from-config';
import type { HuggingFaceConfig } from '../../packages/text-encoder/src/config/reader';
import { expectReference as expectText } from '../../packages/text-encoder/src/transformer/reference.testing';

/** The fixtures are of float64, and PyTorch's own float32 gradients differ by as much. */
const closeness = { rtol: 1e-4, atol: 1e-4 };

export interface Case {
  readonly name: string;
  readonly check: () => void;
}

/** Fixtures of PyTorch, values and gradients: fusions and encoders of the folder `packages`. */
export function fixtureCases(packages: string): readonly Case[] {
  const urlOf = (path: string): URL => pathToFileURL(resolve(packages, path));
  const casesOf = (path: string, check: (given: FixtureCase, name: string) => void): Case[] => {
    const fixture = loadFixture(urlOf(path));
    return fixture.names.map((name) => ({
      name: `${path} ${name}`,
      check: () => check(fixture.case(name), name),
    }));
  };
  return [
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
}
