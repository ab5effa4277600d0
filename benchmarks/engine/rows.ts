/** How PyTorch is set up: see `--variant` in peers/measure.py. */
export type Variant = 'default' | 'tuned' | 'compiled';

/** One model, computed by both sides with the same sizes. */
export interface Row {
  /** Of the workload in workloads/index.ts. */
  readonly name: string;
  readonly title: string;
  /** The script in peers/ and what it needs beside the common options. */
  readonly peer: readonly string[];
  /** Steps counted in each process, after `warmup` that are not. */
  readonly steps: number;
  readonly warmup: number;
  /** Whether tfjs's wasm backend takes one step too, for scale. */
  readonly wasm?: boolean;
  /** Left out unless `--only` names it. */
  readonly onRequest?: boolean;
}

export const rows: readonly Row[] = [
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

/** Square products; the fastest of either side is the machine's peak. */
export const products: readonly Row[] = [512, 1024, 2048].map((size) => ({
  name: `gemm-${size}`,
  title: `product of ${size} × ${size} matrices`,
  peer: ['gemm.py', '--size', String(size)],
  steps: Math.round(20 * (1024 / size)),
  warmup: 3,
}));
