import { add, memory, mul, sum, type Scalar } from '@tensorflow/tfjs-core';
import { ConfigError, disposeParams, key, type Params, type Teacher } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { initialParams } from '../gradients';
import { jointModel } from '../joint-model';
import { sgd } from '../optimizers/sgd';
import { disposeState, type TrainState } from '../state';
import { dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { train } from '../train';
import { taughtOptions } from './taught.testing';

const values = (tree: Params): Record<string, number[]> =>
  Object.fromEntries(Object.entries(tree).map(([path, value]) => [path, [...value.dataSync()]]));

const bits = ({ step, params, optimizer, teacher }: TrainState) => ({
  step,
  params: values(params),
  optimizer: values(optimizer),
  twin: values(teacher!.params),
  ...(teacher!.queue && {
    groups: teacher!.queue.groups,
    queue: [teacher!.queue.image, teacher!.queue.text].map((side) => side.arraySync()),
  }),
});

describe('a momentum twin', () => {
  it('is the average of what was trained, and has nothing else of its own', async () => {
    const frozen = (path: string): boolean => path.startsWith('image.');
    const drawn = initialParams(taughtOptions(), key(4));
    let expected = values(drawn);
    const result = await train(
      taughtOptions({
        initial: drawn,
        frozen,
        steps: 3,
        teacher: { momentum: 0.75 },
        evaluateEvery: 1,
        evaluate: ({ params }) => {
          const now = values(params);
          expected = Object.fromEntries(
            Object.entries(expected).map(([path, list]) => [
              path,
              list.map((value, i) => 0.75 * value + 0.25 * now[path]![i]!),
            ]),
          );
          return Promise.resolve({});
        },
      }),
    );
    const twin = values(result.teacher!.params);
    expect(Object.keys(twin).sort()).toEqual(['fusion.scale', 'text.weight']);
    for (const [path, list] of Object.entries(twin)) {
      list.forEach((value, i) => expect(value).toBeCloseTo(expected[path]![i]!, 5));
    }
    expect(twin['text.weight']).not.toEqual(values(result.params)['text.weight']);
    disposeState(result);
    disposeParams(drawn);
  });

  it('has followed the model up to the step before', async () => {
    const differences: boolean[] = [];
    const { loss } = taughtOptions();
    const watched = (momentum: number) =>
      taughtOptions({
        steps: 3,
        teacher: { momentum },
        loss: {
          ...loss,
          compute: (params, outputs, batch, ctx) => {
            const [own, twin] = [outputs.image, outputs.teacher!.image].map(({ pooled }) => [
              ...pooled.dataSync(),
            ]);
            differences.push(own!.some((value, i) => Math.abs(value - twin![i]!) > 1e-6));
            return loss.compute(params, outputs, batch, ctx);
          },
        },
      });
    for (const momentum of [0, 0.5]) disposeState(await train(watched(momentum)));
    expect(differences).toEqual([false, false, false, false, true, true]);
  });

  it('lets no gradient through, though the loss stops none', async () => {
    const { loss } = taughtOptions();
    const initial = initialParams(taughtOptions(), key(4));
    const result = await train(
      taughtOptions({
        initial,
        steps: 1,
        optimizer: sgd({ learningRate: 1 }),
        loss: {
          ...loss,
          compute: (_params, { teacher, image }) => ({
            total: add<Scalar>(
              sum(teacher!.embed!('image', teacher!.image)),
              mul(sum(image.pooled), 0),
            ),
            terms: {},
          }),
        },
      }),
    );
    const path = 'image.weight';
    expect(values(result.params)[path]).toEqual(values(initial)[path]);
    disposeState(result);
    disposeParams(initial);
  });

  it('queues the latest embeddings, also where the batch does not divide the queue', async () => {
    const states: ReturnType<typeof bits>[] = [];
    const batches: (readonly string[])[] = [];
    const source = vectorSource(10);
    const result = await train(
      taughtOptions({
        steps: 3,
        data: {
          ...source,
          async *batches(epoch, from) {
            for await (const batch of source.batches(epoch, from)) {
              batches.push(batch.groups);
              yield batch;
            }
          },
        },
        evaluateEvery: 1,
        evaluate: (state) => Promise.resolve(void states.push(bits(state))).then(() => ({})),
      }),
    );
    const [first, second, third] = batches;
    expect(states.map(({ groups }) => groups)).toEqual([
      [...first!, null, null],
      [...second!, ...first!.slice(0, 2)],
      [...third!, ...second!.slice(0, 2)],
    ]);
    const norms = (state: number): number[] =>
      states[state]!.queue![0]!.map((row) => Math.hypot(...row));
    norms(0).forEach((norm, i) => expect(norm).toBeCloseTo(i < 4 ? 1 : 0, 5));
    norms(1).forEach((norm) => expect(norm).toBeCloseTo(1, 5));
    expect(states[1]!.queue![0]!.slice(4)).toEqual(states[0]!.queue![0]!.slice(0, 2));
    disposeState(result);
  });

  it.each([1, 2, 3, 5])('continued from step %i ends with the same bits', async (at) => {
    const whole = await train(taughtOptions());
    const part = await train(taughtOptions({ steps: at }));
    const rest = await train(taughtOptions({ start: part }));
    expect(bits(rest)).toEqual(bits(whole));
    [whole, part, rest].forEach(disposeState);
  });

  it('holds no more tensors after many steps than after few, skipped ones among them', async () => {
    const before = memory().numTensors;
    const counts: number[] = [];
    const result = await train(
      taughtOptions({
        steps: 12,
        data: vectorSource(8, { poison: 3 }),
        onNonFinite: 'skip',
        log: ({ kind }) => kind === 'step' && counts.push(memory().numTensors),
      }),
    );
    expect(result.skipped).toBe(6);
    expect(new Set(counts).size).toBe(1);
    expect(result.teacher!.queue!.groups).not.toContain('row-3');
    disposeState(result);
    expect(memory().numTensors).toBe(before);
  });

  it('refuses a queue without embeddings, figures out of range and another queue', async () => {
    const encoder = linearEncoder('linear', 3);
    const plain = jointModel({ image: encoder, text: encoder, fusion: dotFusion });
    const before = memory().numTensors;
    await expect(train(taughtOptions({ model: plain }))).rejects.toThrow(/queue needs embeddings/);
    await expect(train(taughtOptions({ teacher: { momentum: 1 } }))).rejects.toThrow(ConfigError);
    await expect(train(taughtOptions({ teacher: { momentum: 0.9, queue: 0 } }))).rejects.toThrow(
      /train, teacher: "queue"/,
    );
    const start = await train(taughtOptions({ steps: 1 }));
    const other = taughtOptions({ start, teacher: { momentum: 0.9, queue: 7 } });
    await expect(train(other)).rejects.toThrow(/6 places.*7/s);
    disposeState(start);
    expect(memory().numTensors).toBe(before);
  });
});

it('a trained teacher stays as it is, and the state has nothing of it', async () => {
  const { model, loss } = taughtOptions();
  const params = initialParams({ model, loss }, key(7));
  const was = values(params);
  const views: Teacher[] = [];
  const before = memory().numTensors;
  const result = await train(
    taughtOptions({
      teacher: { model, params },
      loss: {
        ...loss,
        compute: (own, outputs, batch, ctx) => {
          views.push(outputs.teacher!);
          expect(outputs.teacher!.image.pooled.dataSync()).not.toEqual(
            outputs.image.pooled.dataSync(),
          );
          return loss.compute(own, outputs, batch, ctx);
        },
      },
    }),
  );
  expect(views).toHaveLength(6);
  expect(views[0]!.queue).toBeUndefined();
  expect(result.teacher).toBeUndefined();
  expect(values(params)).toEqual(was);
  disposeState(result);
  expect(memory().numTensors).toBe(before);
  disposeParams(params);
});
