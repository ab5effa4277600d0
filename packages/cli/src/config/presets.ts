/** Configs that come with crossweave, as plain data; `--captions` names the data. */
const quickstart = {
  data: { captions: 'captions.jsonl', imageSize: 64, maxTokens: 20 },
  image: { name: 'resnet-small', options: { strides: [2, 2, 2] } },
  text: { name: 'bert-small', options: { layers: 2 } },
  towers: {
    fusion: {
      name: 'dual-encoder',
      options: { dim: 128, pooling: { image: 'attention', text: 'encoder' } },
    },
    loss: { name: 'info-nce', options: {} },
    steps: 260,
    batchSize: 64,
    learningRate: { image: 2e-3, text: 1e-3, fusion: 1e-3 },
    weightDecay: 0.05,
    warmup: 20,
  },
  arms: {
    early: {
      name: 'single-stream',
      options: { dim: 64, layers: 2, hidden: 128, normFirst: true },
    },
    late: { name: 'dual-encoder', options: { dim: 128, projection: 'mlp', hidden: 256 } },
    'late-tokens': {
      name: 'dual-encoder',
      options: { dim: 128, projection: 'mlp', pooling: 'attention', queries: 4 },
    },
    'cross-attention': {
      name: 'co-attention',
      options: { dim: 64, layers: 2, hidden: 128, normFirst: true },
    },
  },
  fusion: {
    loss: { name: 'listwise-matching', options: { inBatch: 1 } },
    steps: 720,
    batchSize: 32,
    residual: 'auto',
    negatives: { upTo: 3 },
    // Fusions that read tokens learned nothing at 2e-3 within 600 steps (batches of 16).
    learningRate: { fusion: 7e-4 },
    weightDecay: 0.05,
    warmup: 40,
  },
  seeds: [1, 2, 3],
  top: 8,
};

/** The same job on a tenth of the work, to see that everything runs; its figures mean nothing. */
const quickstartShort = {
  ...quickstart,
  towers: { ...quickstart.towers, steps: 20 },
  fusion: { ...quickstart.fusion, steps: 20 },
  seeds: [1],
};

/**
 * Questions about small pictures with an answer each. The towers learn from the answers, since
 * which question was asked says little of a picture; the late fusion multiplies summaries.
 */
const answering = {
  data: { captions: 'captions.jsonl', imageSize: 64, maxTokens: 16 },
  task: { name: 'answering', options: { hidden: 64 } },
  image: { name: 'resnet-small', options: { widths: [16, 32, 64], strides: [2, 2, 2] } },
  text: { name: 'bert-small', options: { layers: 1, dim: 64 } },
  towers: {
    fusion: {
      name: 'dual-encoder',
      options: { dim: 64, joint: 'product', projection: 'mlp' },
    },
    steps: 800,
    batchSize: 128,
    learningRate: { image: 3e-3, text: 2e-3, fusion: 2e-3, loss: 2e-3 },
    weightDecay: 0.02,
    warmup: 20,
  },
  arms: {
    early: {
      name: 'single-stream',
      options: { dim: 64, layers: 2, hidden: 128, normFirst: true },
    },
    late: { name: 'dual-encoder', options: { dim: 64, joint: 'product', projection: 'mlp' } },
    'cross-attention': {
      name: 'co-attention',
      options: { dim: 64, layers: 2, hidden: 128, normFirst: true },
    },
  },
  fusion: {
    steps: 1500,
    batchSize: 128,
    // At 2e-3 some seeds of the early fusion say of nearly every colour that it is not there.
    learningRate: { fusion: 1e-3, loss: 1e-3 },
    weightDecay: 0.02,
    warmup: 100,
  },
  seeds: [1, 2, 3],
};

/** Fusions over the towers that `--model` names, as they are: `towers.steps` trains them first. */
const onCheckpoint = {
  data: { captions: 'captions.jsonl' },
  towers: {
    loss: { name: 'info-nce', options: { temperature: 0.01 } },
    steps: 0,
    batchSize: 32,
    learningRate: { image: 1e-5, text: 1e-5, fusion: 1e-4 },
    weightDecay: 0.1,
  },
  arms: quickstart.arms,
  fusion: quickstart.fusion,
  seeds: quickstart.seeds,
  top: quickstart.top,
};

export const ablationPresets: Readonly<Record<string, unknown>> = {
  quickstart,
  'on-checkpoint': onCheckpoint,
  answering,
  'quickstart-short': quickstartShort,
};

const { data, image, text, towers } = quickstart;

export const trainPresets: Readonly<Record<string, unknown>> = {
  /** On top of the checkpoint that `--model` names: small steps, at the temperature CLIP ended with. */
  'fine-tune': {
    data: { captions: 'captions.jsonl' },
    training: {
      loss: { name: 'info-nce', options: { temperature: 0.01 } },
      steps: 200,
      batchSize: 32,
      learningRate: { image: 1e-5, text: 1e-5, fusion: 1e-4 },
      weightDecay: 0.1,
      warmup: 20,
    },
  },
  'dual-encoder': {
    data,
    image,
    text,
    fusion: towers.fusion,
    training: {
      loss: towers.loss,
      steps: towers.steps,
      batchSize: towers.batchSize,
      learningRate: towers.learningRate,
      weightDecay: towers.weightDecay,
      warmup: towers.warmup,
    },
  },
};
