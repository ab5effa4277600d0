import { testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { coAttention } from './co-attention';

const small = { dim: 8, layers: 1, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => coAttention({ ...small, dropout: 0.2 }), runner);
testFusion(() => coAttention({ ...small, normFirst: true, positions: false }), runner);
