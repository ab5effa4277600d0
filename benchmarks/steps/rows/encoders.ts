import { engineRows } from './engine';
import type { Row } from './row';

const fromEngine = (name: string): Row => engineRows.find((row) => row.name === name)!;

/** Features of pre-trained encoders, as a frozen tower gives them, and steps that train one. */
export const encoderRows: readonly Row[] = [
  fromEngine('resnet50-features'),
  {
    name: 'vit-b16-features',
    title: 'ViT-B/16 features, batch 8 × 224²',
    peer: ['vit_b16.py', '--features'],
    steps: 6,
    warmup: 2,
  },
  {
    name: 'bert-base-features',
    title: 'BERT-base features, batch 16 × 64 tokens',
    peer: ['bert_base.py', '--features'],
    steps: 6,
    warmup: 2,
  },
  {
    name: 'vit-b16',
    title: 'ViT-B/16 step, batch 8 × 224²',
    peer: ['vit_b16.py'],
    steps: 3,
    warmup: 2,
  },
  fromEngine('resnet50'),
  fromEngine('bert-base'),
];
