import { testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { singleStream } from './single-stream';

const small = { dim: 8, layers: 1, heads: 2, hidden: 12, chunk: 4 };
const runner = { describe, it };
testFusion(() => singleStream({ ...small, dropout: 0.2 }), runner);
testFusion(() => singleStream({ ...small, normFirst: true, positions: false }), runner);
