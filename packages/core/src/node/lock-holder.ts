import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';

/** The process that holds a lock, as the lock file says. */
export interface LockHolder {
  /** Of this one taking of the lock. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /** When the process began, in the system's own ticks: a later process may get the same pid. */
  readonly started?: string;
  /** Of this start of the machine. */
  readonly boot?: string;
  /** Hash of the machine's id, which stays when it is started again. */
  readonly machine?: string;
  /** In which pids are counted; containers have their own. */
  readonly namespace?: string;
}

type Surroundings = Pick<LockHolder, 'host' | 'boot' | 'machine' | 'namespace'>;

/** This process as the holder of a lock that it takes now. Only Linux says all of it. */
export function thisProcess(): LockHolder {
  const started = startOf(process.pid);
  return {
    id: randomUUID(),
    pid: process.pid,
    since: new Date().toISOString(),
    ...(started !== undefined && { started }),
    ...surroundings(),
  };
}

/**
 * Whether the holder is certainly gone. Of a process on another machine, or in another container,
 * that cannot be known from here.
 */
export function isGone(holder: LockHolder, here: Surroundings = surroundings()): boolean {
  if (holder.host !== here.host) return false;
  if (holder.boot !== here.boot) {
    // Two machines may have one name; the same machine, started again, has lost its processes.
    return holder.machine !== undefined && holder.machine === here.machine;
  }
  if (holder.namespace !== here.namespace) return false;
  if (!exists(holder.pid)) return true;
  const started = startOf(holder.pid);
  return started !== undefined && holder.started !== undefined && started !== holder.started;
}

export function isThisProcess(holder: LockHolder): boolean {
  const { id, since } = holder;
  return isDeepStrictEqual(holder, { ...thisProcess(), id, since });
}

/** A lock file's content; undefined when it is damaged. */
export function parseHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, pid, ...rest } = value as Partial<Record<keyof LockHolder, unknown>>;
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id)) return undefined;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof rest.host !== 'string' || typeof rest.since !== 'string') return undefined;
  if (!Object.values(rest).every((entry) => typeof entry === 'string')) return undefined;
  return value as LockHolder;
}

function surroundings(): Surroundings {
  const boot = read('/proc/sys/kernel/random/boot_id');
  const id = read('/etc/machine-id');
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return {
    host: hostname(),
    ...(boot !== undefined && { boot }),
    // The id itself is not to be shown to other programs.
    ...(id !== undefined && { machine: createHash('sha256').update(id).digest('hex') }),
    ...(namespace !== undefined && { namespace }),
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  // A zombie has ended; its parent has not asked how.
  return !['Z', 'X'].includes(statusOf(pid)?.[0] ?? '');
}

/** When a process began, in clock ticks since the machine was started. Linux only. */
function startOf(pid: number): string | undefined {
  return statusOf(pid)?.[19];
}

/** The fields of `/proc/<pid>/stat` from the state on; the name before it may hold anything. */
function statusOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | undefined {
  const text = attempt(() => readFileSync(path, 'utf8').trim());
  return text === '' ? undefined : text;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
