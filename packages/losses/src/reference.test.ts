import { readdirSync } from 'node:fs';
import { matMul, mul, ones, reshape, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { key, type Batch, type Features, type Loss, type ModelOutputs } from '@crossweave/core';
import { normalize } from '@crossweave/core/nn';
import { expectFixture, loadFixture } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { captioning, infoNCE, uncertaintyWeighting, vicreg, weightedSum } from './index';
import { createLoss, losses } from './registry';

const folder = new URL('../fixtures/', import.meta.url);
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => {
    const fixture = loadFixture(new URL(name, folder));
    return fixture.names.map((title) => ({ title, fixture }));
  });

/** Those of the package, and sums that configs cannot name. */
const table = {
  ...losses,
  coca: (): Loss => weightedSum([{ loss: infoNCE() }, { loss: captioning(), weight: 2 }]),
  uncertainty: (): Loss =>
    uncertaintyWeighting([{ loss: infoNCE() }, { loss: vicreg(), kind: 'regression' }]),
};

interface CaseOptions extends Pick<Batch, 'groups' | 'captions' | 'labels'> {
  readonly loss: string;
  readonly options: object;
  readonly embedded: boolean;
  /** Images of the teacher's queue. */
  readonly queue?: readonly string[];
}
type Inputs = Readonly<Record<string, Tensor>>;

/** A side from its rows alone, or from its tokens alone. */
function side(inputs: Inputs, name: string): Features {
  const tokens = inputs[`${name}.tokens`] as Tensor3D | undefined;
  const rows = inputs[name] as Tensor2D | undefined;
  const pooled = rows ?? ones([tokens?.shape[0] ?? 1, 1]);
  const [size, width] = pooled.shape;
  return {
    tokens: tokens ?? reshape(pooled, [size, 1, width]),
    mask: (inputs[`${name}.mask`] as Tensor2D | undefined) ?? ones([size, 1]),
    pooled,
  };
}

const score = (image: Features, text: Features): Tensor2D =>
  matMul(image.pooled, text.pooled, false, true);

/** The least model: rows are embeddings, or their dot products are logits. */
function outputs(inputs: Inputs, { embedded, queue }: CaseOptions): ModelOutputs {
  const embedding = embedded && {
    embed: (_: 'image' | 'text', { pooled }: Features) => normalize(pooled),
  };
  const queued = queue && {
    queue: {
      image: normalize(inputs['queue.image'] as Tensor2D),
      text: normalize(inputs['queue.text'] as Tensor2D),
      groups: queue,
    },
  };
  return {
    image: side(inputs, 'image'),
    text: side(inputs, 'text'),
    ...(inputs['negatives'] && { negatives: side(inputs, 'negatives') }),
    ...(inputs['teacher.image'] && {
      teacher: {
        image: side(inputs, 'teacher.image'),
        text: side(inputs, 'teacher.text'),
        score,
        ...embedding,
        ...queued,
      },
    }),
    ...(inputs['captions.logits'] && {
      captions: {
        logits: inputs['captions.logits'] as Tensor3D,
        targets: inputs['captions.targets'] as Tensor2D,
        mask: inputs['captions.mask'] as Tensor2D,
      },
    }),
    fuse: (image, text) => {
      const joint = mul<Tensor2D>(image.pooled, text.pooled);
      return { joint, match: sum<Tensor1D>(joint, 1) };
    },
    score,
    ...embedding,
  };
}

describe('values and gradients of PyTorch', () => {
  it.each(cases)('$title', ({ title, fixture }) =>
    tidy(() => {
      const given = fixture.case(title);
      const options = given.options as unknown as CaseOptions;
      const loss = createLoss(options.loss, options.options, table);
      const own = Object.keys(loss.init?.(key(0)) ?? {});
      expect(own.sort()).toEqual(Object.keys(given.params).sort());
      const { groups, captions, labels } = options;
      const batch = {
        size: groups.length,
        ids: groups,
        groups,
        ...(captions && { captions }),
        ...(labels && { labels }),
        image: undefined,
        text: undefined,
      };
      expectFixture(given, (params, inputs) => {
        const ctx = { training: true, key: key(3) };
        return { total: loss.compute(params, outputs(inputs, options), batch, ctx).total };
      });
    }),
  );

  it('are there for every loss of the package', () =>
    tidy(() => {
      const kinds = cases.map(({ title, fixture }) => fixture.case(title).options['loss']);
      expect([...new Set(kinds)].sort()).toEqual(Object.keys(table).sort());
    }));
});
