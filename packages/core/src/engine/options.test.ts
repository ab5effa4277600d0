import { describe, it } from 'vitest';
import { testOptions } from '../testing/options';
import { cpu } from './cpu';
import { describeEngines, useEngine } from './use-engine';

const runner = { describe, it };

testOptions('useEngine', (options) => useEngine('cpu', options), runner, {
  required: { engines: [cpu] },
});
testOptions('describeEngines', (options) => describeEngines(options), runner, {
  required: { engines: [cpu] },
});
