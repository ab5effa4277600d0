import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ConfigError } from '@crossweave/core';
import { unlessAborted } from '@crossweave/core/node';
import { receiveError, type Answer, type Request } from './messages';
import {
  loadPicture,
  type FailedPicture,
  type LoadedPicture,
  type PictureJob,
  type PictureSettings,
} from './picture-job';

type Loaded = LoadedPicture | FailedPicture;

interface Pending {
  readonly resolve: (loaded: Loaded) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** Jobs that are sent together at the end of this turn of the event loop, by their settings. */
  readonly unsent: Map<PictureSettings, { readonly id: number; readonly job: PictureJob }[]>;
}

/** The program of a thread; undefined in a program that a bundler made one file of. */
function workerFile(): URL | undefined {
  const here = import.meta.url as string | undefined;
  if (here?.startsWith('file:') !== true) return undefined;
  const file = new URL(`./picture-worker${here.endsWith('.ts') ? '.ts' : '.js'}`, here);
  return existsSync(file) ? file : undefined;
}

/** Whether there is a program, and, where it is TypeScript, what lets a thread read that. */
function threadsCanStart(): boolean {
  const file = workerFile();
  if (file === undefined) return false;
  return !file.pathname.endsWith('.ts') || process.execArgv.includes('--import');
}

/** Threads without work end after this long, in milliseconds. */
const idleAfter = 5000;

/**
 * Threads that read, decode and change pictures while this one does something else. They start
 * with the first job, keep the process alive only while there is one, and end when there has been
 * none for some seconds. Results do not depend on how many there are.
 */
export class PictureThreads {
  readonly #threads: Thread[] = [];
  readonly #memory = new SharedArrayBuffer(4);
  #nextId = 0;
  #idle: NodeJS.Timeout | undefined;

  /** Threads that run now. */
  get size(): number {
    return this.#threads.length;
  }

  /**
   * @param count threads that may run; 0 loads in this thread
   * @throws as `loadPicture`; ConfigError when a thread cannot be started
   */
  run(
    job: PictureJob,
    settings: PictureSettings,
    count: number,
    signal?: AbortSignal,
  ): Promise<Loaded> {
    if (count === 0) return loadPicture(job, settings, signal);
    clearTimeout(this.#idle);
    while (this.#threads.length < count) this.#start();
    const thread = this.#threads
      .slice(0, count)
      .reduce((a, b) => (b.pending.size < a.pending.size ? b : a));
    const id = this.#nextId++;
    const loaded = new Promise<Loaded>((resolve, reject) => {
      thread.pending.set(id, { resolve, reject });
      thread.worker.ref();
    });
    if (thread.unsent.size === 0) queueMicrotask(() => send(thread));
    const jobs = thread.unsent.get(settings) ?? [];
    jobs.push({ id, job });
    thread.unsent.set(settings, jobs);
    return unlessAborted(loaded, signal);
  }

  #start(): void {
    const file = workerFile();
    if (file === undefined) {
      throw new ConfigError('there is no program for threads that load pictures', {
        where: 'workers',
        expected: 'picture-worker.js beside the module that starts it',
        advice: 'A bundler may have left it out: workers: 0 loads pictures in the main thread.',
      });
    }
    const worker = new Worker(file, {
      workerData: this.#memory,
      // From sources, what lets this thread read TypeScript lets the other do so.
      ...(file.pathname.endsWith('.ts') && { execArgv: process.execArgv }),
    });
    const thread: Thread = { worker, pending: new Map(), unsent: new Map() };
    worker.unref();
    worker.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) this.#settle(thread, answer);
    });
    worker.on('error', (cause) => this.#fail(thread, cause));
    worker.on('exit', () => this.#fail(thread, new Error('the thread ended')));
    this.#threads.push(thread);
  }

  #settle(thread: Thread, answer: Answer): void {
    const waiting = thread.pending.get(answer.id);
    thread.pending.delete(answer.id);
    if (thread.pending.size === 0) thread.worker.unref();
    if (this.#threads.every(({ pending }) => pending.size === 0)) this.#rest();
    if ('loaded' in answer) return waiting?.resolve(answer.loaded);
    const error = receiveError(answer.error);
    if (answer.digest === undefined) waiting?.reject(error);
    else waiting?.resolve({ digest: answer.digest, error } as FailedPicture);
  }

  #fail(thread: Thread, cause: unknown): void {
    const at = this.#threads.indexOf(thread);
    if (at >= 0) this.#threads.splice(at, 1);
    const error = new ConfigError('a thread that loads pictures ended', {
      where: 'workers',
      got: cause instanceof Error ? cause.message : String(cause),
      advice: 'workers: 0 loads pictures in the thread of the program.',
      cause,
    });
    for (const { reject } of thread.pending.values()) reject(error);
    thread.pending.clear();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.end(), idleAfter).unref();
  }

  /** Ends the threads; jobs under way fail. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const ending = this.#threads.splice(0);
    await Promise.all(
      ending.map(async (thread) => {
        await thread.worker.terminate();
        this.#fail(thread, new Error('the threads were ended'));
      }),
    );
  }
}

function send({ worker, unsent, pending }: Thread): void {
  for (const [settings, jobs] of unsent) {
    try {
      worker.postMessage({ jobs, settings } satisfies Request);
    } catch (error) {
      // There may be no memory for a copy. Nobody else would hear of it.
      for (const { id } of jobs) pending.get(id)?.reject(error);
      for (const { id } of jobs) pending.delete(id);
    }
  }
  unsent.clear();
}

/** Processor time belongs to the process, so all datasets share these. */
export const pictureThreads = new PictureThreads();

/** Threads unless `workers` says how many: one a processor, at least two, and none for few pictures. */
export function threadsFor(pictures: number, workers: number | undefined): number {
  if (workers !== undefined) return workers;
  return pictures < fewPictures || !threadsCanStart()
    ? 0
    : Math.min(8, Math.max(2, availableParallelism()));
}

/** Threads need as long to start as a few hundred pictures to decode. */
const fewPictures = 512;
