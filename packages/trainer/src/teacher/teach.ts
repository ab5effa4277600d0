import type { Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  inference,
  withFields,
  type Batch,
  type EmbeddingQueue,
  type Features,
  type Model,
  type Params,
  type PooledFeatures,
  type Teacher,
} from '@crossweave/core';
import type { TeacherTensors } from '../state';
import { emptyQueue, enqueue } from './queue';
import { averages, follow } from './twin';
import type { TeacherOptions, TeacherState } from './options';

interface Taught<Image, Text, F extends PooledFeatures> {
  readonly model: Model<Image, Text, F>;
  readonly frozen?: (path: string) => boolean;
  readonly teacher?: TeacherOptions<Image, Text, F>;
}

export interface Lesson<Image, Text, F extends PooledFeatures = Features> {
  /** The model, whose outputs have the teacher's view of the batch. */
  readonly model: Model<Image, Text, F>;
  /** The teacher's tensors once the step has made `params`; undefined where it has none. */
  readonly next: (params: Params) => TeacherTensors | undefined;
}

/**
 * The teacher's view of a batch, as in inference and on no tape: make it before anything is
 * differentiated. As in ALBEF (Li et al. 2021, `_momentum_update`), the twin that sees a batch has
 * followed the model up to the step before, and a batch is queued after it was learned from.
 *
 * @throws ConfigError for a queue over a fusion without embeddings.
 */
export function teach<Image, Text, F extends PooledFeatures>(
  options: Taught<Image, Text, F>,
  state: { readonly params: Params; readonly teacher?: TeacherState },
  batch: Batch<Image, Text>,
): Lesson<Image, Text, F> {
  const { model, teacher } = options;
  if (teacher === undefined) return { model, next: () => undefined };
  if ('model' in teacher) {
    const { view } = viewOf(teacher.model, teacher.params, batch);
    return { model: withTeacher(model, view), next: () => undefined };
  }
  const { momentum } = teacher;
  const averaged = averages(options, state);
  const { view, seen } = viewOf(model, { ...state.params, ...averaged }, batch);
  if (teacher.queue === undefined) {
    return {
      model: withTeacher(model, view),
      next: (params) => ({ params: follow(averaged, params, momentum) }),
    };
  }
  const { image, text } = seen ?? refuseQueue();
  const queue: EmbeddingQueue = state.teacher?.queue ?? emptyQueue(teacher.queue, image.shape[1]);
  return {
    model: withTeacher(model, { ...view, queue }),
    next: (params) => ({
      params: follow(averaged, params, momentum),
      queue: enqueue(queue, image, text),
    }),
  };
}

interface View<F extends PooledFeatures> {
  readonly view: Teacher<F>;
  /** The batch's embeddings, where the fusion has some. */
  readonly seen?: { readonly image: Tensor2D; readonly text: Tensor2D };
}

function viewOf<Image, Text, F extends PooledFeatures>(
  model: Model<Image, Text, F>,
  params: Params,
  batch: Batch<Image, Text>,
): View<F> {
  // Without the false captions, of which a teacher says nothing.
  const pairs: { -readonly [Field in keyof typeof batch]: (typeof batch)[Field] } = withFields(
    batch,
    {},
  );
  delete pairs.negatives;
  const outputs = model.forward(params, pairs, inference);
  const { image, text } = outputs;
  const view = {
    image,
    text,
    score: (images: F, texts: F): Tensor2D => outputs.score(images, texts),
  };
  if (outputs.embed === undefined) return { view };
  const seen = { image: outputs.embed('image', image), text: outputs.embed('text', text) };
  const embed = (side: 'image' | 'text', features: F): Tensor2D =>
    features === view[side] ? seen[side] : outputs.embed!(side, features);
  return { view: { ...view, embed }, seen };
}

function withTeacher<Image, Text, F extends PooledFeatures>(
  model: Model<Image, Text, F>,
  teacher: Teacher<F>,
): Model<Image, Text, F> {
  return {
    name: model.name,
    init: (key) => model.init(key),
    forward: (params, batch, ctx) => ({ ...model.forward(params, batch, ctx), teacher }),
  };
}

function refuseQueue(): never {
  throw new ConfigError('teacher.queue needs embeddings, and the fusion has none', {
    where: 'train',
    expected: 'a separable fusion, whose model outputs have embed()',
    advice: 'Use a dual encoder, or leave the queue out.',
  });
}
