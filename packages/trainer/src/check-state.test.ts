import {
  dispose,
  mean,
  memory,
  mul,
  ones,
  scalar,
  tensor,
  zeros,
  type Rank,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, FileFormatError, ShapeError, StateDictError, key } from '@crossweave/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkState, requireSoundValues, type StateOwner } from './check-state';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import { sgd } from './optimizers/sgd';
import type { TrainOptions } from './options';
import { disposeState, type TrainState } from './state';
import { taughtOptions } from './teacher/taught.testing';
import { layeredEncoder, stagedEncoder } from './towers.testing';
import { dotFusion, vectorSource } from './tiny.testing';
import { train } from './train';

type Options = TrainOptions<Tensor2D, Tensor2D>;

const model = jointModel({ image: stagedEncoder, text: layeredEncoder, fusion: dotFusion });
const plain: Options = {
  ...{ model, optimizer: adamW(), data: vectorSource(8), steps: 1, key: key(1) },
  loss: {
    name: 'mean',
    compute: (_params, outputs) => ({
      total: mean(outputs.score(outputs.image, outputs.text)),
      terms: {},
    }),
  },
};

/** What a step of `plain` leaves, and one with a twin and a queue. */
let state: TrainState;
let extra: TrainState;
beforeEach(async () => {
  state = await train(plain);
  extra = await train(taughtOptions({ steps: 1 }));
});
afterEach(() => [state, extra].forEach(disposeState));

const without = (tree: TrainState['params'], path: string): TrainState['params'] =>
  Object.fromEntries(Object.entries(tree).filter(([name]) => name !== path));

const check = (
  changed: Partial<TrainState>,
  owner: StateOwner<Tensor2D, Tensor2D, never> = plain as never,
) => checkState(owner, { ...state, ...changed }, 'here');

it('passes what a run left, and a state of parts that are frozen by now', async () => {
  const before = memory().numTensors;
  await check({});
  await check({}, { ...plain, frozen: (path: string) => path.startsWith('image.') } as never);
  await checkState(taughtOptions(), extra);
  // For evaluation neither optimizer nor teacher are looked at.
  const { loss } = taughtOptions();
  await checkState({ model: taughtOptions().model, loss }, { ...extra, optimizer: {} });
  expect(memory().numTensors).toBe(before);
});

describe('refuses parameters that do not fit, with all their names', () => {
  const weight = 'image.conv1.weight';
  it('missing, unexpected and misshapen', async () => {
    const { [weight]: moved, ...params } = state.params;
    const wrong = { ...params, 'image.conv9.weight': moved!, 'fusion.scale': ones([2]) };
    const error = await check({ params: wrong }).catch((thrown: unknown) => thrown);
    if (!(error instanceof StateDictError)) throw new Error('must refuse');
    expect(error.message).toMatch(/^here, params: /);
    expect(error.difference).toEqual({
      missing: [weight],
      unexpected: ['image.conv9.weight'],
      wrongShape: [{ path: 'fusion.scale', expected: [], got: [2] }],
    });
    wrong['fusion.scale'].dispose();
  });

  it('of a model with one layer less, in evaluation too', async () => {
    const shallow = {
      ...layeredEncoder,
      init: (from: Parameters<typeof layeredEncoder.init>[0]) =>
        Object.fromEntries(
          Object.entries(layeredEncoder.init(from)).filter(([path]) => !path.includes('layer.1.')),
        ),
    };
    const other = jointModel({ image: stagedEncoder, text: shallow, fusion: dotFusion });
    await expect(check({}, { model: other, loss: plain.loss } as never)).rejects.toThrow(
      /unexpected \(2\): text\.encoder\.layer\.1\.dense/,
    );
  });

  it.each([
    ['missing moments', (given: TrainState['optimizer']) => without(given, `exp_avg.${weight}`)],
    [
      'moments of another model',
      (given: TrainState['optimizer']) => ({ ...given, 'exp_avg.x': scalar(0) }),
    ],
    ['none at all', () => ({})],
  ])('%s', async (_, change) => {
    await expect(check({ optimizer: change(state.optimizer) })).rejects.toThrow(StateDictError);
  });

  it('the state of another optimizer', async () => {
    const owner = { ...plain, optimizer: sgd({ learningRate: 1, momentum: 0.9 }) };
    await expect(check({}, owner as never)).rejects.toThrow(/here, optimizer: .*momentum_buffer/s);
  });
});

describe('refuses values that no training leaves, by name', () => {
  it.each<[keyof TrainState & ('params' | 'optimizer'), string, number, RegExp]>([
    ['params', 'fusion.scale', Number.NaN, /"fusion\.scale".*got NaN at 0/s],
    ['params', 'text.layernorm.bias', Infinity, /"text\.layernorm\.bias".*got Infinity/s],
    ['params', 'image.bn1.running_var', -1e-3, /running_var.*of at least 0/s],
    ['optimizer', 'exp_avg.fusion.scale', Number.NaN, /here, optimizer: "exp_avg\.fusion\.scale"/],
    ['optimizer', 'exp_avg_sq.fusion.scale', -1, /exp_avg_sq.*of at least 0/s],
  ])('%s %s %d', async (part, path, value, message) => {
    const { shape } = state[part][path]!;
    const size = shape.reduce((product, length) => product * length, 1);
    const bad = tensor(new Float32Array(size).fill(value), shape);
    const run = check({ [part]: { ...state[part], [path]: bad } });
    await expect(run).rejects.toThrow(FileFormatError);
    await expect(check({ [part]: { ...state[part], [path]: bad } })).rejects.toThrow(message);
    bad.dispose();
  });

  it('a step that is none', async () => {
    for (const step of [-1, 0.5, Number.NaN])
      await expect(check({ step })).rejects.toThrow(ConfigError);
  });
});

describe('refuses a twin that is not the one asked for', () => {
  const taught = (changed: Partial<TrainState>, options: Partial<Options> = {}) =>
    checkState(taughtOptions(options), { ...extra, ...changed }, 'here');

  it('missing, or there without being asked for', async () => {
    const bare = { step: extra.step, params: extra.params, optimizer: extra.optimizer };
    await expect(checkState(taughtOptions(), bare)).rejects.toThrow(/has no momentum twin/);
    await checkState(taughtOptions(), { ...bare, step: 0 });
    const { model: small, loss, optimizer } = taughtOptions();
    const owner = { model: small, loss, optimizer };
    await expect(checkState(owner, extra)).rejects.toThrow(/has a momentum twin/);
  });

  it('of other parameters, with values that are none, or with a queue of uneven sides', async () => {
    const { params, queue } = extra.teacher!;
    const path = 'text.weight';
    const fewer = taught({ teacher: { params: without(params, path), queue: queue! } });
    await expect(fewer).rejects.toThrow(/here, teacher: .*missing \(1\): text\.weight/s);
    const nan = { ...params, [path]: mul(ones([4, 3]), Number.NaN) };
    await expect(taught({ teacher: { params: nan } })).rejects.toThrow(/"text\.weight".*NaN/s);
    const text = zeros<Rank.R2>([6, 2]);
    const uneven = taught({ teacher: { params, queue: { ...queue!, text } } });
    await expect(uneven).rejects.toThrow(ShapeError);
    const short = { ...queue!, captions: ['x'] };
    await expect(taught({ teacher: { params, queue: short } })).rejects.toThrow(/1 texts/);
    [nan[path], text].forEach((each) => each.dispose());
  });
});

it('refuses integers in the place of weights, as quantised checkpoints have them', async () => {
  const tree = { 'bn.num_batches_tracked': scalar(3, 'int32'), 'a.weight': scalar(3, 'int32') };
  await expect(requireSoundValues('train, initial', tree)).rejects.toThrow(
    /train, initial: "a\.weight" does not hold floating-point numbers; .*got int32/,
  );
  dispose(tree);
});

describe('train', () => {
  it('compares start and initial before it begins', async () => {
    const before = memory().numTensors;
    const { 'fusion.scale': scale, ...params } = state.params;
    const run = (options: Partial<Options>) => train({ ...plain, ...options });
    await expect(run({ start: { ...state, params } })).rejects.toThrow(
      /train, start, params: .*missing \(1\): fusion\.scale/s,
    );
    await expect(run({ start: { ...state, step: 2 } })).rejects.toThrow(/"start\.step".*\[0, 1\]/);
    const nan = { 'fusion.scale': mul(scale!, Number.NaN) };
    await expect(run({ initial: nan })).rejects.toThrow(/train, initial: "fusion\.scale"/);
    nan['fusion.scale'].dispose();
    expect(memory().numTensors).toBe(before);
  });
});
