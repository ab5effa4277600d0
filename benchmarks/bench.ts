/** `npm run bench -- SUITE [options]`, or `pnpm bench SUITE [options]`. */
import { engineSuite } from './engine/suite';

const suites: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  engine: engineSuite,
};

const [name = '', ...args] = process.argv.slice(2);
const suite = suites[name];
if (suite === undefined) {
  console.error(
    `usage: npm run bench -- SUITE [options]; suites: ${Object.keys(suites).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  process.exitCode = await suite(args);
}
