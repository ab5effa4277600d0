import { getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import { EngineError, nearestName } from '../errors';
import type { Engine, Probe } from './engine';
import { engines } from './table';

/** `auto`, an engine's name, or a name with a provider (`onnx:cpu`). */
export type EngineName =
  | 'auto'
  | 'tensorflow-gpu'
  | 'onnx'
  | 'onnx:cpu'
  | 'onnx:webgpu'
  | 'onnx:cuda'
  | 'tensorflow'
  | 'wasm'
  | 'cpu'
  | (string & {});

export interface UseEngineOptions {
  /** The engines to choose from, in the order in which `auto` tries them. Default: {@link engines}. */
  readonly engines?: readonly Engine[];
}

export interface RejectedEngine {
  readonly name: string;
  readonly reason: string;
  readonly advice: string;
}

export interface EngineChoice {
  /** The engine's name; with the provider asked for, unless that is its usual one. */
  readonly name: string;
  /** The name of its tfjs backend. */
  readonly backend: string;
  /** What it is, one line. */
  readonly detail: string;
  /** Engines that `auto` would have preferred, and why it could not. */
  readonly rejected: readonly RejectedEngine[];
  /** What was chosen and why the others were not, for a log: one line an engine. */
  describe(): string;
}

/**
 * Chooses the engine that all of tfjs computes with from now on.
 *
 * `auto` (the default) takes the first that works; what does not is reported, never fatal. A
 * name takes that engine or throws.
 *
 * ```ts
 * const engine = await useEngine();
 * console.error(engine.describe());
 * ```
 *
 * @throws EngineError for an unknown name (naming the nearest), an engine that does not work
 *   here, and `auto` when none does.
 */
export async function useEngine(
  name: EngineName = 'auto',
  options: UseEngineOptions = {},
): Promise<EngineChoice> {
  const table = options.engines ?? engines;
  const candidates = name === 'auto' ? table : [findEngine(name, table)];
  const rejected: RejectedEngine[] = [];
  for (const engine of candidates) {
    const asked = otherProvider(name, engine);
    const probe = await probeQuietly(engine, asked);
    if (probe.usable) {
      const backend = probe.backend ?? engine.backend;
      await setBackend(backend);
      await ready();
      const full = asked === undefined ? engine.name : `${engine.name}:${asked}`;
      return chosen({ name: full, backend }, probe.detail, rejected);
    }
    rejected.push({ name: engine.name, reason: probe.reason, advice: probe.advice });
  }
  throw unusable(name, rejected);
}

/** Every engine and whether it works here; leaves the one in use as it is. */
export async function describeEngines(
  options: UseEngineOptions = {},
): Promise<({ readonly name: string; readonly backend: string } & Probe)[]> {
  const reports = [];
  for (const engine of options.engines ?? engines) {
    const { name, backend } = engine;
    reports.push({ name, backend, ...(await probeQuietly(engine)) });
  }
  return reports;
}

/** Probes and goes back to the backend in use, if there was one. */
async function probeQuietly(engine: Engine, provider?: string): Promise<Probe> {
  // tfjs's type leaves out that there may be none yet.
  const before = getBackend() as string | null | undefined;
  const probe = await engine.probe(provider);
  if (typeof before === 'string' && before !== '') await setBackend(before);
  return probe;
}

function findEngine(name: string, table: readonly Engine[]): Engine {
  const [base, ...rest] = name.split(':');
  const engine = table.find((candidate) => candidate.name === base);
  const names = table.flatMap(({ name: known, providers }) => [
    known,
    ...providers.map((provider) => `${known}:${provider}`),
  ]);
  if (engine === undefined) {
    const nearest = nearestName(name, ['auto', ...names]);
    throw new EngineError(`there is no engine "${name}"`, {
      where: 'useEngine',
      expected: `one of auto, ${names.join(', ')}`,
      advice: nearest === undefined ? undefined : `Did you mean "${nearest}"?`,
    });
  }
  if (rest.length > 0 && !engine.providers.includes(rest.join(':'))) {
    throw new EngineError(`the engine ${engine.name} has no provider "${rest.join(':')}"`, {
      where: 'useEngine',
      expected: `one of ${names.filter((known) => known.split(':')[0] === base).join(', ')}`,
      got: name,
    });
  }
  return engine;
}

/** The provider a name asks for, if it is not the engine's usual one. */
function otherProvider(name: string, engine: Engine): string | undefined {
  return engine.providers.find((provider, i) => i > 0 && name === `${engine.name}:${provider}`);
}

function chosen(
  { name, backend }: Pick<Engine, 'name' | 'backend'>,
  detail: string,
  rejected: readonly RejectedEngine[],
): EngineChoice {
  const describe = (): string =>
    [
      `engine ${name}: ${detail}`,
      ...rejected.map((other) => `  not ${other.name}: ${other.reason}. ${other.advice}`),
    ].join('\n');
  return { name, backend, detail, rejected, describe };
}

function unusable(name: string, rejected: readonly RejectedEngine[]): EngineError {
  const [only] = rejected;
  if (name !== 'auto' && only !== undefined) {
    return new EngineError(`the engine "${name}" cannot be used: ${only.reason}`, {
      where: 'useEngine',
      advice: `${only.advice.replace(/\.$/, '')}, or use "auto".`,
    });
  }
  const reasons = rejected.map((other) => `${other.name} (${other.reason})`).join('; ');
  return new EngineError(`no engine works here: ${reasons}`, {
    where: 'useEngine',
    advice: 'Install one: npm install @tensorflow/tfjs-backend-cpu',
  });
}
