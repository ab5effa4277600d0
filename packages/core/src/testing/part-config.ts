import type { Configured, PartConfig } from '../contracts/part-config';
import { ConformanceError, registerChecks, type Check, type TestRunner } from './check';
import { isConfigError, knownOptions, refusalOf } from './options';

export interface PartConfigTestOptions {
  /** Options that every call needs; each tested option replaces or joins them. Default none. */
  readonly required?: object;
  /** Values to try for options that accept none of the usual ones. Default none. */
  readonly values?: Readonly<Record<string, readonly unknown[]>>;
  /** Options that change nothing in what the part computes. Default none. */
  readonly without?: readonly string[];
}

/** Values of which most options accept some. */
const usual: readonly unknown[] = [
  ...[true, false, 1, 2, 4, 8, 16, 32, 64, 192, 384, 448, 0, 0.5, 0.05, 0.1, -0.5],
  ...[[1, 2], [4], { image: 0.5 }, [0.5, 0.5], [0.9, 0.99]],
];

/**
 * Registers the checks that a part says how it was made: `config` holds every option, is plain data,
 * and is equal for equal options only. A comparison reuses trials by it.
 *
 * ```ts
 * for (const [name, create] of Object.entries(losses)) testPartConfig(name, create, { describe, it });
 * ```
 *
 * @param create the factory of the part. It must refuse unknown options with `checkOptions` or
 *   `readOptions`: the checks read the options from that error.
 */
export function testPartConfig(
  name: string,
  create: (options: never) => Configured,
  runner: TestRunner,
  options: PartConfigTestOptions = {},
): void {
  registerChecks(`config of ${name}`, partConfigChecks(create, options), runner);
}

/** The same checks as data, for a runner of your own. */
export function partConfigChecks(
  create: (options: never) => Configured,
  { required = {}, values = {}, without = [] }: PartConfigTestOptions = {},
): Check[] {
  const written = (options: object): string => {
    const { config } = create(options as never);
    if (config === undefined) {
      throw new ConformanceError('the part has no config', {
        expected: 'withConfig(name, settings, part)',
        got: `nothing for ${JSON.stringify(options)}`,
      });
    }
    return JSON.stringify(requirePlain(config));
  };
  return [
    {
      name: 'the config is plain data, equal for equal options',
      run: () => {
        if (written(required) === written({ ...required })) return;
        throw new ConformanceError('two parts of equal options have different configs');
      },
    },
    {
      name: 'each option is in the config',
      run: async () => {
        for (const option of await knownOptions(create, required)) {
          if (without.includes(option)) continue;
          const base = written(required);
          const tried = await accepted(create, required, option, values[option] ?? usual);
          if (tried.some((value) => written({ ...required, [option]: value }) !== base)) continue;
          throw new ConformanceError(
            tried.length > 1
              ? `"${option}" is not in the config`
              : `no second value is known that "${option}" accepts`,
            {
              expected: `a different config for each of ${JSON.stringify(tried)}`,
              got: base,
              advice:
                'Give two as `values`, or name the option in `without` if it changes nothing.',
            },
          );
        }
      },
    },
  ];
}

/** The choices of the option and the candidates that it accepts. */
async function accepted(
  create: (options: never) => unknown,
  required: object,
  option: string,
  candidates: readonly unknown[],
): Promise<unknown[]> {
  const error = await refusalOf(create, { ...required, [option]: 'no such choice' });
  const choices = isConfigError(error) ? String(error.expected).match(/(?<=")[\w-]+(?=")/g) : null;
  const found: unknown[] = [];
  for (const value of [...(choices ?? []), ...candidates]) {
    const refused = await refusalOf(create, { ...required, [option]: value });
    if (refused === undefined) found.push(value);
  }
  return found;
}

/** @throws ConformanceError if the config is changed by a round trip through JSON. */
function requirePlain(config: PartConfig): PartConfig {
  const read = JSON.parse(JSON.stringify(config)) as PartConfig;
  const same = (a: unknown, b: unknown): boolean =>
    a === b ||
    (typeof a === 'object' &&
      typeof b === 'object' &&
      a !== null &&
      b !== null &&
      Object.keys(a).length === Object.keys(b).length &&
      Object.entries(a).every(([name, value]) => same(value, b[name as keyof typeof b])));
  if (same(config, read)) return config;
  throw new ConformanceError('the config is not plain data', {
    expected: 'the same after JSON.parse(JSON.stringify(config))',
    got: JSON.stringify(config),
  });
}
