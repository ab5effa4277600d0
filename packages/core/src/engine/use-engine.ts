import { getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { count, having, listOf, oneOf } from '../authoring/checks';
import { checkOptions, type Checks } from '../authoring/options';
import { requireText } from '../authoring/require';
import { EngineError, nearestName } from '../errors';
import type { Engine, EngineSetting, Precision, Probe } from './engine';
import { adviceOnBf16, engineSpeed, isClearlyFaster, type EngineSpeed } from './speeds';
import { engines } from './table';

/** `auto`, or the name of an engine of {@link engines} or of the option `engines`. */
export type EngineName =
  | 'auto'
  | 'tensorflow-gpu'
  | 'onnx'
  | 'onnx:cpu'
  | 'onnx:webgpu'
  | 'onnx:cuda'
  | 'onnx:openvino'
  | 'xla:cpu'
  | 'xla:cuda'
  | 'xla:rocm'
  | 'xla:tpu'
  | 'tensorflow'
  | 'wasm'
  | 'cpu'
  | (string & {});

export interface UseEngineOptions {
  /** The engines to choose from, in the order in which `auto` tries them. Default: {@link engines}. */
  readonly engines?: readonly Engine[];
  /**
   * The numbers in which products and convolutions are computed. Default `float32`. With another,
   * `auto` takes the first engine that has it (with `onlyByName` or not), and a name throws for an
   * engine that has not.
   */
  readonly precision?: Precision;
  /**
   * What was measured on this machine (`engineSpeeds` of `@crossweave/core/node`). With it `auto`
   * takes an engine in place of a slower one that computes the same, and says what bf16 would gain;
   * it never takes bf16 by itself. Default: none, so that the order of the engines decides.
   */
  readonly speeds?: readonly EngineSpeed[];
  /**
   * Number of devices that compute together, at least 1; `auto` and names as for `precision`. `train`
   * gives each of them an equal part of a batch, and computes what one would. Default 1.
   */
  readonly devices?: number;
}

const optionChecks: Checks<UseEngineOptions> = {
  engines: listOf(having('an engine, { name, backend, probe }', 'probe')),
  precision: oneOf('float32', 'tf32', 'bf16'),
  speeds: listOf(engineSpeed()),
  devices: count(),
};

/** An engine that does not work here, and why. */
export interface RejectedEngine extends Omit<Extract<Probe, { usable: false }>, 'usable'> {
  readonly name: string;
}

export interface EngineChoice {
  /** The engine's name, also when `auto` or an alias was requested. */
  readonly name: string;
  /** The name of its tfjs backend. */
  readonly backend: string;
  /** Description of the engine, one line. */
  readonly detail: string;
  /** The numbers in which it computes products and convolutions. */
  readonly precision: Precision;
  /** Number of devices that it computes on. */
  readonly devices: number;
  /** Engines that `auto` tried before this one, and the reason why each does not work. */
  readonly rejected: readonly RejectedEngine[];
  /** What measurements advise, a sentence each; empty without measurements. */
  readonly advice: readonly string[];
  /** The chosen engine, the advice and the rejected engines with reasons, one line each, for a log. */
  describe(): string;
}

/**
 * Chooses the engine with which tfjs computes from now on.
 *
 * `auto` (the default) takes the first engine that works, and reports the engines that do not. It
 * passes over engines with `onlyByName`, and takes one with `ifFasterThan` only by `speeds`. A name
 * takes that engine or throws.
 *
 * ```ts
 * const engine = await useEngine();
 * console.error(engine.describe());
 * ```
 *
 * @throws EngineError for an unknown name, for a named engine that does not work here, and for
 *   `auto` when no engine works; ConfigError for wrong options.
 */
export async function useEngine(
  name: EngineName = 'auto',
  options: UseEngineOptions = {},
): Promise<EngineChoice> {
  requireText('useEngine', 'name', name);
  checkOptions('useEngine', options, optionChecks);
  const { precision = 'float32', devices = 1, speeds = [] } = options;
  const setting = { precision, devices };
  const rejected: RejectedEngine[] = [];
  for (const engine of candidatesOf(name, options.engines ?? engines, setting, speeds)) {
    const probe = await probeQuietly(engine);
    if (probe.usable) {
      await setBackend(engine.backend);
      await ready();
      const advice = precision === 'float32' ? adviceOnBf16(speeds, engine.name) : undefined;
      return chosen(engine, probe.detail, setting, rejected, advice === undefined ? [] : [advice]);
    }
    const { reason, advice, brief } = probe;
    rejected.push({ name: engine.name, reason, advice, ...(brief !== undefined && { brief }) });
  }
  throw unusable(name, rejected, setting);
}

/**
 * The engines to try, each in this setting.
 *
 * @throws EngineError for an unknown name, and for an engine without this setting.
 */
function candidatesOf(
  name: string,
  table: readonly Engine[],
  setting: EngineSetting,
  speeds: readonly EngineSpeed[],
): readonly Engine[] {
  const { precision, devices } = setting;
  const named = name === 'auto' ? table : [findEngine(name, table)];
  if (precision === 'float32' && devices === 1) {
    return name === 'auto' ? inOrder(table, speeds) : named;
  }
  const able = named.flatMap((engine): Engine[] => {
    const variant = engine.variant?.(setting);
    if (variant === undefined) return [];
    const { backend, probe } = variant;
    return [{ ...engine, backend, probe }];
  });
  if (able.length > 0) return able;
  const names = table.filter(({ variant }) => variant?.(setting) !== undefined);
  throw new EngineError(`the engine "${name}" does not compute${inWords(setting)}`, {
    where: 'useEngine',
    expected:
      names.length === 0
        ? 'precision "float32" and devices 1'
        : `one of ${names.map((engine) => engine.name).join(', ')}`,
    advice: 'Leave precision and devices out.',
  });
}

/** A setting for messages, such as ` in bf16 on 2 devices`; empty for the default. */
const inWords = ({ precision, devices }: EngineSetting): string =>
  (precision === 'float32' ? '' : ` in ${precision}`) +
  (devices === 1 ? '' : ` on ${devices} devices`);

/** The engines that `auto` tries: those before others that are measured to be clearly faster. */
function inOrder(table: readonly Engine[], speeds: readonly EngineSpeed[]): Engine[] {
  return table
    .filter(({ onlyByName = false, ifFasterThan }) => !onlyByName && ifFasterThan === undefined)
    .flatMap((engine) => [
      ...table.filter(
        (other) =>
          other.ifFasterThan === engine.name && isClearlyFaster(speeds, other.name, engine.name),
      ),
      engine,
    ]);
}

/** An engine, and whether it works on this machine. */
export type EngineReport = Probe & {
  readonly name: string;
  readonly backend: string;
  /** Whether `auto` passes the engine over. */
  readonly onlyByName: boolean;
  /** The engine in place of which `auto` takes it, as {@link Engine.ifFasterThan}. */
  readonly ifFasterThan?: string;
};

/** Every engine, and whether it works on this machine. The engine in use stays in use. */
export async function describeEngines(options: UseEngineOptions = {}): Promise<EngineReport[]> {
  checkOptions('describeEngines', options, optionChecks);
  const reports = [];
  for (const engine of options.engines ?? engines) {
    const { name, backend, onlyByName = false, ifFasterThan } = engine;
    const facts = {
      name,
      backend,
      onlyByName,
      ...(ifFasterThan !== undefined && { ifFasterThan }),
    };
    reports.push({ ...facts, ...(await probeQuietly(engine)) });
  }
  return reports;
}

/** Probes an engine and restores the backend that was in use. */
async function probeQuietly(engine: Engine): Promise<Probe> {
  // There may be no backend yet, although tfjs's type says there is.
  const before = getBackend() as string | null | undefined;
  const probe = await engine.probe();
  if (typeof before === 'string' && before !== '') await setBackend(before);
  return probe;
}

function findEngine(name: string, table: readonly Engine[]): Engine {
  const engine = table.find((known) => namesOf(known).includes(name));
  if (engine !== undefined) return engine;
  const names = table.flatMap(namesOf);
  const nearest = nearestName(name, ['auto', ...names]);
  throw new EngineError(`there is no engine "${name}"`, {
    where: 'useEngine',
    expected: `one of auto, ${names.join(', ')}`,
    advice: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
  });
}

function namesOf({ name, aliases = [] }: Engine): string[] {
  return [name, ...aliases];
}

function chosen(
  { name, backend }: Engine,
  detail: string,
  { precision, devices }: EngineSetting,
  rejected: readonly RejectedEngine[],
  advice: readonly string[],
): EngineChoice {
  const describe = (): string =>
    [
      `engine ${name}: ${detail}`,
      ...advice.map((sentence) => `  ${sentence}`),
      ...grouped(rejected).map(({ names, why }) => `  not ${names.join(', ')}: ${why}`),
    ].join('\n');
  return { name, backend, detail, precision, devices, rejected, advice, describe };
}

/** Engines that do not work for the same reason, together: those of one package that is not there. */
function grouped(rejected: readonly RejectedEngine[]) {
  const groups = new Map<string, string[]>();
  for (const { name, reason, advice, brief } of rejected) {
    const why = brief ?? `${reason}. ${advice}`;
    groups.set(why, [...(groups.get(why) ?? []), name]);
  }
  return [...groups].map(([why, names]) => ({ why, names }));
}

function unusable(
  name: string,
  rejected: readonly RejectedEngine[],
  setting: EngineSetting,
): EngineError {
  const wanted = inWords(setting);
  const [only] = rejected;
  if (name !== 'auto' && only !== undefined) {
    return new EngineError(`the engine "${name}" cannot be used: ${only.reason}`, {
      where: 'useEngine',
      advice: `${only.advice.replace(/\.$/, '')}, or use "auto".`,
    });
  }
  const reasons = rejected.map((other) => `${other.name} (${other.reason})`).join('; ');
  return new EngineError(`no engine works here${wanted}: ${reasons}`, {
    where: 'useEngine',
    advice:
      wanted === ''
        ? 'Install one: npm install @tensorflow/tfjs-backend-cpu'
        : 'Install one of these, or leave precision and devices out.',
  });
}
