import { testFusion } from '@crossweave/core/testing';
import { describe, it } from 'vitest';
import { dualEncoder } from './dual-encoder';

const runner = { describe, it };
testFusion(() => dualEncoder({ dim: 8 }), runner);
testFusion(() => dualEncoder({ dim: 5, projection: 'mlp', hidden: 7, joint: 'product' }), runner);
testFusion(() => dualEncoder({ dim: 4, pooling: 'attention', heads: 2 }), runner);
