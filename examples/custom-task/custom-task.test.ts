import { describe, it } from 'node:test';
import { useEngine } from '@crossweave/core/engine';
import { testTask } from '@crossweave/core/testing';
import { stars } from './stars';

await useEngine('onnx');
testTask(() => stars(), { describe, it }, { labels: [5, 1, 3, 2, 4, 5, 3, 1, 2, 4], wrong: 6 });
