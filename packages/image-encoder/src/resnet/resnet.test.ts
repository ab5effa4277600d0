import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { all, equal, mean, sqrt, square, tidy, zeros, type Rank } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  inference,
  initialShapes,
  key,
  normal,
  parameter,
} from '@crossweave/core';
import { imageInput, loadFixture, testEncoder } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { expectReference } from '../reference.testing';
import type { ResNetOptions } from './options';
import { resnet, resnet101, resnet152, resnet18, resnet34, resnet50, resnetSmall } from './presets';

const folder = new URL('../../fixtures/', import.meta.url);
const training = { training: true, key: key(0) };

describe.each(['basic', 'bottleneck'])('%s blocks equal torchvision', (block) => {
  const fixture = loadFixture(new URL(`resnet-${block}.json`, folder));
  const compare = (name: string, options: ResNetOptions, training: boolean): void => {
    tidy(() => {
      const reference = fixture.case(name);
      const encoder = resnet({ ...(reference.options as ResNetOptions), ...options });
      expectReference(encoder, reference, training);
    });
  };
  it('in inference', () => compare('inference', {}, false));
  it('in training, statistics included', () => compare('training', {}, true));
  it('in training with frozen statistics as in inference', () => {
    compare('inference', { frozenBatchNorm: true }, true);
  });
});

describe('conforms', () => {
  const input = imageInput({ height: 5, width: 5 });
  const tiny = { layers: [1, 1], widths: [2, 3], stem: 'small', imageSize: 5 } as const;
  testEncoder(() => resnet(tiny), { describe, it }, { input });
  testEncoder(() => resnet({ ...tiny, dropPath: 0.4 }), { describe, it }, { input });
});

describe('presets', () => {
  const shapes = JSON.parse(readFileSync(new URL('resnet-shapes.json', folder), 'utf8')) as Record<
    string,
    unknown
  >;
  it('have the paths and shapes of torchvision', () => {
    for (const [name, preset] of Object.entries({ resnet18, resnet50 })) {
      expect(initialShapes(preset())).toEqual(shapes[name]);
    }
  });

  it.each(Object.entries({ resnet34, resnet101, resnet152 }))('%s does too', (name, preset) => {
    const lines = Object.entries(initialShapes(preset()))
      .map(([path, shape]) => `${path} [${shape.join(',')}]`)
      .sort();
    const sha256 = createHash('sha256').update(lines.join('\n')).digest('hex');
    expect({ entries: lines.length, sha256 }).toEqual(shapes[name]);
  });

  it('declare their tokens', () => {
    expect(resnet18().features).toEqual({ dim: 512, tokens: 49 });
    expect(resnet50({ imageSize: [256, 224] }).features).toEqual({ dim: 2048, tokens: 56 });
    expect(resnetSmall().features).toEqual({ dim: 128, tokens: 64 });
    expect(resnetSmall({ stemStride: 1 }).features.tokens).toBe(256);
    expect(resnetSmall({ imageSize: 'any' }).features.tokens).toBe('varies');
    for (const deep of [resnet101, resnet152]) {
      expect(deep().features).toEqual({ dim: 2048, tokens: 49 });
    }
    expect(resnet34().name).toBe('resnet(basic 3-4-6-3, 64-128-256-512)');
    expect(resnetSmall().name).toBe('resnet(basic 1-1-1, 32-64-128)');
  });
});

it('takes pictures of any size when told so', () => {
  tidy(() => {
    const encoder = resnet({ layers: [1], widths: [2], stem: 'small', imageSize: 'any' });
    const params = encoder.init(key(0));
    for (const [height, width] of [
      [4, 6],
      [5, 3],
    ] as const) {
      const image = normal<Rank.R4>(key(1), [1, height, width, 3]);
      expect(encoder.apply(params, image, inference).tokens.shape).toEqual([1, height * width, 2]);
    }
  });
});

it('drops the residuals of whole samples in training', () => {
  tidy(() => {
    const options = { layers: [1, 1], widths: [2, 2], strides: [1, 1], stem: 'small' } as const;
    const more = { imageSize: 4, frozenBatchNorm: true, dropPath: 0.5 };
    const encoder = resnet({ ...options, ...more });
    const image = normal<Rank.R4>(key(1), [16, 4, 4, 3]);
    const [, first, second] = encoder.hiddenStates(encoder.init(key(0)), image, training);
    const same = all(equal(first!, second!), [1, 2]).dataSync();
    // The rate of the first block is 0, that of the last 0.5: about half of its samples pass through.
    const dropped = [...same].filter((value) => value === 1).length;
    expect(dropped).toBeGreaterThan(3);
    expect(dropped).toBeLessThan(13);
  });
});

describe('starts as torchvision', () => {
  it('with kaiming normal convolutions by fan out', () => {
    tidy(() => {
      const weight = parameter(resnetSmall().init(key(3)), 'layer3.0.conv1.weight');
      const deviation = sqrt(mean(square(weight))).dataSync()[0]!;
      expect(mean(weight).dataSync()[0]).toBeCloseTo(0, 3);
      expect(deviation / Math.sqrt(2 / (128 * 9))).toBeCloseTo(1, 1);
    });
  });

  it('with blocks that are their shortcuts, when asked', () => {
    const options = { layers: [1], widths: [2], stem: 'small', imageSize: 4 } as const;
    tidy(() => {
      const params = resnet({ ...options, zeroInitResidual: true }).init(key(0));
      expect([...parameter(params, 'layer1.0.bn2.weight').dataSync()]).toEqual([0, 0]);
      expect([...parameter(params, 'layer1.0.bn1.weight').dataSync()]).toEqual([1, 1]);
      const plain = resnet(options).init(key(0));
      expect([...parameter(plain, 'layer1.0.bn2.weight').dataSync()]).toEqual([1, 1]);
    });
  });
});

describe('refuses', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ width: [8] }, /resnet: there is no option "width".*"widths"/],
    [{ block: 'basick' }, /"block".*"basic" \| "bottleneck"; got "basick".*"basic"\?/],
    [{ stem: 'tiny' }, /"stem".*"imagenet" \| "small"; got "tiny"/],
    [{ widths: [8, 0, 8, 8] }, /"widths\[1\]".*at least 1.*got 0/],
    [{ widths: [] }, /"widths".*a list of at least 1, each/],
    [{ layers: 3 }, /"layers".*a list.*got 3/],
    [{ layers: [1, 1] }, /"layers" and "widths" disagree.*4 numbers.*\[1,1\]/],
    [{ strides: [1, NaN, 1, 1] }, /"strides\[1\]".*NaN/],
    [{ stemStride: 0 }, /"stemStride"/],
    [{ dropPath: 1 }, /"dropPath".*\[0, 1\).*got 1/],
    [{ imageSize: 0 }, /"imageSize".*got 0/],
    [{ imageSize: [1, 2, 3] }, /"imageSize".*at least 1, or a list of 2.*or "any"; got \[1,2,3\]/],
  ];
  for (const [options, message] of wrong) {
    it(JSON.stringify(options), () => {
      expect(() => resnet(options)).toThrow(ConfigError);
      expect(() => resnet(options)).toThrow(message);
    });
  }

  it('pictures of another size or type', () => {
    tidy(() => {
      const encoder = resnetSmall();
      const params = encoder.init(key(0));
      const small = normal<Rank.R4>(key(1), [2, 32, 32, 3]);
      expect(() => encoder.apply(params, small, training)).toThrow(ShapeError);
      expect(() => encoder.apply(params, small, training)).toThrow(
        /resnetSmall: image.*64, 64, 3.*2, 32, 32, 3/,
      );
      const bytes = zeros<Rank.R4>([2, 64, 64, 3], 'int32');
      expect(() => encoder.apply(params, bytes, training)).toThrow(/normalised float32.*int32/);
    });
  });
});
