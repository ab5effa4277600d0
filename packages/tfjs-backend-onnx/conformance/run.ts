/**
 * `conformance [--backend onnx|xla:cpu|onnx:openvino|cpu|wasm] [--grep PATTERN]`: runs the op test suite that tfjs-core
 * publishes. Exits 1 if a case fails that is not excluded or passes that is, or if none ran.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleSuite } from './bundle';
import type { TestedEngine } from './engines';
import { ENGINES } from './engines';
import type { Done } from './jasmine';
import { startJasmine } from './jasmine';
import type * as Suite from './suite';
import type { Case } from './verdict';
import { describeVerdict, judge } from './verdict';

const PROGRESS_EVERY = 500;
/** A case that takes longer is named. */
const SLOW_MS = 10_000;

function readArguments(): {
  readonly backend: string;
  readonly engine: TestedEngine;
  readonly pattern: RegExp;
} {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', default: 'onnx' },
      grep: { type: 'string', default: '' },
    },
  });
  const { backend, grep } = values;
  const engine = Object.hasOwn(ENGINES, backend) ? ENGINES[backend] : undefined;
  if (engine !== undefined) return { backend, engine, pattern: new RegExp(grep) };
  const names = Object.keys(ENGINES).join(', ');
  throw new RangeError(`--backend must be one of ${names}, got '${backend}'.`);
}

let given: ReturnType<typeof readArguments>;
try {
  given = readArguments();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
const { backend, engine, pattern } = given;

const started = Date.now();
const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(0)} s`;

/** "abs onnx {} basic" without the backend and its flags, which the suite puts into each name. */
const nameOf = (fullName: string): string => fullName.replace(` ${backend} {}`, '');

const cases: Case[] = [];
let last = Date.now();
function record({ fullName, failedExpectations }: Done): void {
  const [first] = failedExpectations;
  cases.push({ name: nameOf(fullName), error: first === undefined ? null : first.message });
  const took = Date.now() - last;
  last += took;
  if (took > SLOW_MS) console.log(`${(took / 1000).toFixed(0)} s: ${nameOf(fullName)}`);
  if (cases.length % PROGRESS_EVERY === 0) console.log(`${cases.length} cases (${seconds()})`);
}

const jasmine = startJasmine();
jasmine.DEFAULT_TIMEOUT_INTERVAL = engine.timeoutMs ?? 60_000;
if (engine.timeoutMs !== undefined) {
  // Some cases set a time of their own, too short for an engine that compiles for long: it is set here in vain.
  const own = { DEFAULT_TIMEOUT_INTERVAL: { value: engine.timeoutMs, writable: true } };
  Object.assign(globalThis, { jasmine: Object.create(jasmine, own) as unknown });
}
const environment = jasmine.getEnv();
environment.configure({
  random: false,
  forbidDuplicateNames: false,
  specFilter: (spec) => pattern.test(nameOf(spec.getFullName())),
});
const suite = (await import(
  await bundleSuite(engine.register ?? fileURLToPath(import.meta.url))
)) as typeof Suite;
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

const exclusions = engine.exclusions.map(({ reason, cases: names }) => ({
  reason,
  cases: names.filter((name) => pattern.test(name)),
}));
const verdict = judge(cases, exclusions);
console.log(`${cases.length} cases on ${backend} in ${seconds()}`);
for (const line of describeVerdict(verdict)) console.log(line);
const good = cases.length > 0 && verdict.failed.length + verdict.outdated.length === 0;
process.exit(good ? 0 : 1);
