import { describe, it } from 'node:test';
import { useEngine } from '@crossweave/core/engine';
import { testFusion, testLoss, testOptions } from '@crossweave/core/testing';
import { comparison } from './comparison';
import { randomFeatures } from './random-features';
import { rankingLoss } from './ranking-loss';

await useEngine('onnx');
testFusion(() => comparison({ dim: 5 }), { describe, it });
testOptions('comparison', comparison, { describe, it });
testFusion(() => randomFeatures({ dim: 5 }), { describe, it });
testOptions('randomFeatures', randomFeatures, { describe, it });
testLoss(() => rankingLoss(), { describe, it });
