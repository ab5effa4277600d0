import type { Row } from './row';

/** What the engine is for: training steps of the shapes people train. */
export const engineRows: readonly Row[] = [
  {
    name: 'cross-attention',
    title: 'cross-attention step, batch 64 (49 × 512 and 32 × 384 tokens, width 256, 2 layers)',
    peer: ['cross_attention.py'],
    steps: 8,
    warmup: 3,
    wasm: true,
  },
  {
    name: 'bert-base',
    title: 'BERT-base step, batch 16 × 64 tokens',
    peer: ['bert_base.py'],
    steps: 3,
    warmup: 2,
  },
  {
    name: 'resnet50',
    title: 'ResNet-50 step, batch 8 × 224²',
    peer: ['resnet50.py'],
    steps: 4,
    warmup: 2,
  },
  {
    name: 'resnet50-features',
    title: 'ResNet-50 features, batch 8 × 224²',
    peer: ['resnet50_features.py'],
    steps: 8,
    warmup: 3,
  },
  {
    name: 'resnet-small',
    title: 'small ResNet step, batch 64 × 64² (widths 32, 64, 128)',
    peer: ['resnet_small.py'],
    steps: 6,
    warmup: 2,
    onRequest: true,
  },
  {
    name: 'mlp',
    title: 'perceptron step, 256 → 1024 → 256 with layer norm, batch 32',
    peer: ['mlp.py'],
    steps: 500,
    warmup: 50,
  },
];
