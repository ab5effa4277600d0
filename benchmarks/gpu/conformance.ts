/**
 * Runs tfjs-core's own tests on XLA: `node conformance.cjs --platform cuda --part 0 --parts 16`. Cases that
 * exclusions.ts lists are left out. Prints lines of JSON as fixtures.ts does.
 */
import { EXCLUSIONS } from '../../packages/tfjs-backend-onnx/conformance/exclusions';
import { startJasmine } from '../../packages/tfjs-backend-onnx/conformance/jasmine';
import { defineSuite } from '../../packages/tfjs-backend-onnx/conformance/suite';
import { isOwn, tell, values } from './cases';

/** Compiling `threshold method otsu` takes minutes, and would hold up the rest. */
const SLOW = /^threshold method otsu/;
const backend = `xla:${values.platform}`;
const excluded = new Set(EXCLUSIONS.flatMap(({ cases }) => cases));
const nameOf = (fullName: string): string => fullName.replace(` ${backend} {}`, '');
const chosen = new Map<string, boolean>();

/** Jasmine asks several times. */
function isChosen(name: string): boolean {
  const known = chosen.get(name);
  if (known !== undefined) return known;
  const is = isOwn(name) && !excluded.has(name) && !SLOW.test(name);
  chosen.set(name, is);
  return is;
}

const jasmine = startJasmine();
jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
const environment = jasmine.getEnv();
environment.configure({
  random: false,
  forbidDuplicateNames: false,
  specFilter: (spec) => isChosen(nameOf(spec.getFullName())),
});

/** A promise chain in place of top-level await, which CommonJS has not. */
void defineSuite(backend).then(async () => {
  environment.addReporter({
    specStarted: (spec) => tell(nameOf(spec.fullName)),
    specDone({ fullName, status, failedExpectations: [first] }) {
      if (status === 'passed' || status === 'failed')
        tell(nameOf(fullName), first?.message ?? null);
    },
    suiteDone: () => undefined,
  });
  await environment.execute();
  process.exit(0);
});
