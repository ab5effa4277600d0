/**
 * `conformance [--backend onnx|cpu|wasm] [--grep PATTERN]`: runs the op test suite that tfjs-core
 * publishes. Exits 1 if a case fails that is not excluded or passes that is, or if none ran.
 */
import { parseArgs } from 'node:util';
import { bundleSuite } from './bundle';
import { EXCLUSIONS } from './exclusions';
import type { Done } from './jasmine';
import { startJasmine } from './jasmine';
import type * as Suite from './suite';
import type { Case } from './verdict';
import { describeVerdict, judge } from './verdict';

const BACKENDS = ['onnx', 'cpu', 'wasm'];
/** No case needs a second on an idle machine. */
const TIMEOUT_MS = 60_000;
const PROGRESS_EVERY = 500;

function readArguments(): { readonly backend: string; readonly pattern: RegExp } {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'onnx' },
      grep: { type: 'string', default: '' },
    },
  });
  const { backend, grep } = values;
  if (BACKENDS.includes(backend)) return { backend, pattern: new RegExp(grep) };
  throw new RangeError(`--backend must be one of ${BACKENDS.join(', ')}, got '${backend}'.`);
}

let given: ReturnType<typeof readArguments>;
try {
  given = readArguments();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
const { backend, pattern } = given;

const started = Date.now();
const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(0)} s`;

/** "abs onnx {} basic" without the backend and its flags, which the suite puts into each name. */
const nameOf = (fullName: string): string => fullName.replace(` ${backend} {}`, '');

const cases: Case[] = [];
function record({ fullName, failedExpectations }: Done): void {
  const [first] = failedExpectations;
  cases.push({ name: nameOf(fullName), error: first === undefined ? null : first.message });
  if (cases.length % PROGRESS_EVERY === 0) console.log(`${cases.length} cases (${seconds()})`);
}

const jasmine = startJasmine();
jasmine.DEFAULT_TIMEOUT_INTERVAL = TIMEOUT_MS;
const environment = jasmine.getEnv();
environment.configure({
  random: false,
  forbidDuplicateNames: false,
  specFilter: (spec) => pattern.test(nameOf(spec.getFullName())),
});
const suite = (await import(await bundleSuite())) as typeof Suite;
await suite.defineSuite(backend);
environment.addReporter({
  specDone(spec) {
    if (spec.status === 'passed' || spec.status === 'failed') record(spec);
  },
  // A failure before or after a group belongs to none of its cases.
  suiteDone(group) {
    if (group.failedExpectations.length > 0) record(group);
  },
});
const { overallStatus, failedExpectations } = await environment.execute();
if (failedExpectations.length > 0) {
  record({ fullName: 'the suite as a whole', status: overallStatus, failedExpectations });
}

const exclusions = EXCLUSIONS.map(({ reason, cases: names }) => ({
  reason,
  cases: names.filter((name) => backend === 'onnx' && pattern.test(name)),
}));
const verdict = judge(cases, exclusions);
console.log(`${cases.length} cases on ${backend} in ${seconds()}`);
for (const line of describeVerdict(verdict)) console.log(line);
const good = cases.length > 0 && verdict.failed.length + verdict.outdated.length === 0;
process.exit(good ? 0 : 1);
