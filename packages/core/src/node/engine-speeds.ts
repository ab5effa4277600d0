import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, homedir, loadavg } from 'node:os';
import { join } from 'node:path';
import { checkOptions, type Checks } from '../authoring/options';
import { boolean, listOf, text } from '../authoring/checks';
import { measureEngines } from '../engine/measure';
import { onnx } from '../engine/onnx';
import { onnxOpenvino } from '../engine/openvino';
import { importNative } from '../engine/probe';
import { engineSpeed, type EngineSpeed } from '../engine/speeds';
import { makeFolder, readJson, writeJsonAtomic } from './files';
import { processorHere } from './processor';

export interface EngineSpeedsOptions {
  /** Folder of the file with the figures. Default `~/.cache/crossweave`. */
  readonly cacheFolder?: string;
  /** Whether to measure even if the cache folder has figures of this machine. Default false. */
  readonly again?: boolean;
  /**
   * Whether to measure only where there are engines to choose from: without OpenVINO's library the
   * list is then empty, and no engine is loaded. Default false.
   */
  readonly ifSeveral?: boolean;
}

const checks: Checks<EngineSpeedsOptions> = {
  cacheFolder: text(),
  again: boolean(),
  ifSeveral: boolean(),
};

/** The engines that are measured: those that compute whole steps as one graph on the processor. */
const measured = [onnx, onnxOpenvino];

/**
 * How fast the engines `onnx` and `onnx:openvino` are here, see `EngineSpeed` of
 * `@crossweave/core/engine`; an engine that does not work here is not in the list. They are measured
 * once, in about half a second beside loading them, for each processor, number of cores and versions
 * of Node, ONNX Runtime and OpenVINO. The figures are kept in `engine-speeds.json` of the cache
 * folder. A file that cannot be read or written costs a measurement, not an error. While other
 * programs use the processor nothing can be measured: then the list is empty, and nothing is kept.
 *
 * @throws ConfigError for wrong options
 */
export async function engineSpeeds(options: EngineSpeedsOptions = {}): Promise<EngineSpeed[]> {
  checkOptions('engineSpeeds', options, checks);
  const { cacheFolder = join(homedir(), '.cache', 'crossweave'), again = false } = options;
  const library = await openvinoLibrary();
  if (options.ifSeveral === true && library === null) return [];
  const file = join(cacheFolder, 'engine-speeds.json');
  const machine = fingerprint(library);
  const kept = (await readJson(file).catch(() => null)) as Partial<Kept> | null;
  if (!again && kept?.machine === machine && isSpeeds(kept.speeds)) return kept.speeds;
  if (loadavg()[0]! > MOST_LOAD * availableParallelism()) return [];
  const [start, used] = [performance.now(), process.cpuUsage()];
  const speeds = await measureEngines(measured);
  const { user, system } = process.cpuUsage(used);
  // This thread computes or waits for threads that do, so it has a core of its own if one is free.
  if ((user + system) / 1000 < LEAST_SHARE * (performance.now() - start)) return [];
  const { name } = processorHere();
  const now: Kept = { schema: 1, processor: name, machine, speeds };
  await makeFolder(cacheFolder)
    .then(() => writeJsonAtomic(file, now))
    .catch(() => undefined);
  return speeds;
}

/** No engine is measured if the load average divided by the number of cores is above this. */
const MOST_LOAD = 0.75;

/** The share of a core below which other programs had too much of it. */
const LEAST_SHARE = 0.7;

interface Kept {
  readonly schema: 1;
  readonly processor: string;
  /** Digest of what decides the speed. */
  readonly machine: string;
  readonly speeds: EngineSpeed[];
}

const isSpeeds = (value: unknown): value is EngineSpeed[] => listOf(engineSpeed()).accepts(value);

/** SHA-256 (hex) of the processor, the cores and the versions. */
function fingerprint(openvino: LibraryFile | null): string {
  const { name, arch, instructions } = processorHere();
  const facts = {
    ...{ name, arch, instructions, cores: availableParallelism(), node: process.version },
    runtime: runtimeVersion(),
    openvino,
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** The version of ONNX Runtime; null where it is not installed. */
function runtimeVersion(): string | null {
  try {
    const engine = createRequire(import.meta.url).resolve(
      '@crossweave/tfjs-backend-onnx/package.json',
    );
    const found = createRequire(engine)('onnxruntime-node/package.json') as { version: string };
    return found.version;
  } catch {
    return null;
  }
}

type LibraryFile = readonly [path: string, size: number, time: number];

/** The file of OpenVINO's library; null where there is none. */
async function openvinoLibrary(): Promise<LibraryFile | null> {
  try {
    const { findLibrary } = (await importNative('@crossweave/tfjs-backend-openvino')) as {
      findLibrary: () => string;
    };
    const path = findLibrary();
    const { size, mtimeMs } = await stat(path);
    return [path, size, mtimeMs];
  } catch {
    return null;
  }
}
