/** `npm run bench -- SUITE [options]`, or `pnpm bench SUITE [options]`. */
import { chunksSuite } from './chunks/suite';
import { disturbancesSuite } from './disturbances/suite';
import { enginesSuite } from './engines/suite';
import { featuresSuite } from './features/suite';
import { killsSuite } from './kills/suite';
import { loadingSuite } from './loading/suite';
import { suites as tables } from './steps/rows';
import { compareSteps } from './steps/suite';
import { curvesSuite } from './precision/curves';
import { fidelitySuite } from './precision/fidelity';
import { corpusSuite } from './pictures/corpus';
import { picturesSuite } from './pictures/suite';
import { precisionSuite } from './precision/suite';
import { realWeightsSuite } from './real-weights/minilm';
import { retrievalSuite } from './retrieval/suite';
import { searchSuite } from './search/suite';
import { mutationsSuite } from './soak/mutations';
import { soakSuite } from './soak/soak';
import { streamingSuite } from './streaming/suite';
import { statisticsSuite } from './statistics/suite';
import { stoppingSuite } from './stopping/stopping';
import { tokenizingSuite } from './tokenizing/suite';

const suites: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  ...Object.fromEntries(
    tables.map((suite) => [suite.name, (args: readonly string[]) => compareSteps(suite, args)]),
  ),
  curves: curvesSuite,
  fidelity: fidelitySuite,
  precision: precisionSuite,
  'real-weights': realWeightsSuite,
  chunks: chunksSuite,
  corpus: corpusSuite,
  disturbances: disturbancesSuite,
  engines: enginesSuite,
  features: featuresSuite,
  kills: killsSuite,
  loading: loadingSuite,
  mutations: mutationsSuite,
  pictures: picturesSuite,
  retrieval: retrievalSuite,
  search: searchSuite,
  soak: soakSuite,
  statistics: statisticsSuite,
  stopping: stoppingSuite,
  streaming: streamingSuite,
  tokenizing: tokenizingSuite,
};

const [name = '', ...args] = process.argv.slice(2);
const suite = suites[name];
if (suite === undefined) {
  console.error(
    `usage: npm run bench -- SUITE [options]; suites: ${Object.keys(suites).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await suite(args);
  } catch (error) {
    const interrupted = error instanceof Error && error.name === 'AbortError';
    console.error(interrupted ? 'interrupted; nothing was written' : error);
    process.exitCode = interrupted ? 130 : 1;
  }
}
