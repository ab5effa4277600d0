import type { Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, foldIn, isBuffer, key, type Params } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { initialParams } from '../gradients';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { disposeState } from '../state';
import { contrastive, dotFusion, vectorSource } from '../tiny.testing';
import { layeredEncoder, stagedEncoder, watched } from '../towers.testing';
import type { TrainOptions } from '../options';
import { train } from '../train';
import { freeze, lit, type Freezing } from './freeze';

const joint = (image = stagedEncoder) =>
  jointModel({ image, text: layeredEncoder, fusion: dotFusion });

type Parts = Readonly<Record<string, Freezing>>;

/** Which paths have other bits after three steps, and which have not. */
async function changes(parts: Parts, model = joint()): Promise<Record<'moved' | 'kept', string[]>> {
  const options: TrainOptions<Tensor2D, Tensor2D> = {
    ...{ model, loss: contrastive, data: vectorSource(8), steps: 3, key: key(1) },
    optimizer: adamW({ learningRate: 0.1 }),
    frozen: freeze(model, parts),
  };
  const before = initialParams(options, foldIn(options.key, 'init'));
  const after = await train(options);
  const bits = (tree: Params, path: string): string => tree[path]!.dataSync().join();
  const isMoved = (path: string): boolean => bits(before, path) !== bits(after.params, path);
  const paths = Object.keys(before);
  const result = {
    moved: paths.filter(isMoved),
    kept: paths.filter((path) => !isMoved(path)),
  };
  disposeState({ ...after, step: 0 });
  for (const value of Object.values(before)) value.dispose();
  return result;
}

const image = (kept: string[]): string[] => kept.filter((path) => path.startsWith('image.'));

describe('frozen tensors keep every bit, statistics too, and all others move', () => {
  it('up to a stage', async () => {
    const { kept, moved } = await changes({ image: { upTo: 'layer1' } });
    expect(kept).toHaveLength(12);
    expect(kept.every((path) => /^image\.(conv1|bn1|layer1\.0)\./.test(path))).toBe(true);
    expect(kept.filter(isBuffer)).toHaveLength(6);
    expect(image(moved)).toHaveLength(6);
    expect(moved.filter(isBuffer)).toHaveLength(3);
  });

  it('a number of layers', async () => {
    const { kept, moved } = await changes({ text: { layers: 1 } });
    const names = ['embeddings.projection', 'encoder.layer.0.dense'];
    expect(kept.sort()).toEqual(
      names.flatMap((name) => [`text.${name}.bias`, `text.${name}.weight`]),
    );
    expect(moved).toContain('text.encoder.layer.1.dense.weight');
  });

  it('what patterns cover', async () => {
    const { kept } = await changes({ text: { paths: ['**.bias', 'layernorm'] } });
    expect(kept.sort()).toEqual([
      'text.embeddings.projection.bias',
      'text.encoder.layer.0.dense.bias',
      'text.encoder.layer.1.dense.bias',
      'text.layernorm.bias',
      'text.layernorm.weight',
    ]);
  });

  it('a whole tower (LiT), which then runs as in inference', async () => {
    const { encoder, contexts } = watched(stagedEncoder);
    const { kept, moved } = await changes(lit, joint(encoder));
    expect(image(moved)).toEqual([]);
    expect(kept.every((path) => path.startsWith('image.'))).toBe(true);
    expect(contexts.map(({ training }) => training)).toEqual([false, false, false]);
  });
});

it('says which layers there are through the pass, so that the others still drop out', async () => {
  const { encoder, contexts } = watched(stagedEncoder);
  await changes({ image: { layers: 0 } }, joint(encoder));
  expect(contexts).toHaveLength(3);
  for (const { training, frozen } of contexts) {
    expect([training, frozen!('bn1.running_mean'), frozen!('layer1.0.bn1.running_mean')]).toEqual([
      true,
      true,
      false,
    ]);
  }
});

describe('refuses what would freeze nothing', () => {
  const wrong: readonly (readonly [Parts, RegExp])[] = [
    [{ vision: 'all' }, /"vision" would freeze nothing/],
    [{ imag: 'all' }, /"imag" would freeze nothing.*Did you mean "image"\?/],
    [{ image: { upTo: 'layer5' } }, /"image: layer5" would freeze nothing/],
    [{ image: { upTo: 'layer' } }, /would freeze nothing/],
    [{ image: { paths: ['conv1', 'bn9'] } }, /"image: bn9" would freeze nothing/],
    [{ image: { layers: 3 } }, /"layers" of image is out of range.*0 to 2.*got 3/],
    [{ text: { layers: -1 } }, /"layers" of text/],
    [{ text: { layers: 1.5 } }, /"layers" of text/],
    [{ fusion: { layers: 1 } }, /the layer of "scale" is not known/],
  ];
  it.each(wrong)('%j', (parts, message) => {
    expect(() => freeze(joint(), parts)).toThrow(ConfigError);
    expect(() => freeze(joint(), parts)).toThrow(message);
  });

  it('and takes the layers of names it does not know from the caller', () => {
    const layerOf = (): readonly number[] => [0];
    expect(freeze(joint(), { fusion: { layers: 1, layerOf } })('fusion.scale')).toBe(true);
  });
});
