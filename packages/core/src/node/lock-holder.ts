import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';

/** The process that holds a lock, as recorded in the lock file. */
export interface LockHolder {
  /** Unique for each time a lock is taken. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /**
   * When the process started, in clock ticks. It tells the process from a later one with the same
   * pid.
   */
  readonly started?: string;
  /** Id of the machine's current boot. */
  readonly boot?: string;
  /** Hash of the machine's id, which stays the same after a reboot. */
  readonly machine?: string;
  /** The pid namespace; each container has its own. */
  readonly namespace?: string;
}

type Surroundings = Pick<LockHolder, 'host' | 'boot' | 'machine' | 'namespace'>;

/** This process as the holder of a lock that it takes now. Only Linux gives all optional fields. */
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
 * Whether the holder has certainly ended. False for a process on a different machine or in a
 * different container, whose state cannot be read here.
 */
export function isGone(holder: LockHolder, here: Surroundings = surroundings()): boolean {
  if (holder.host !== here.host) return false;
  if (holder.boot !== here.boot) {
    // Different machines may share a host name. The same machine after a reboot has none of its
    // earlier processes.
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
    // Hashed, because the machine id must not be disclosed to other programs.
    ...(id !== undefined && { machine: createHash('sha256').update(id).digest('hex') }),
    ...(namespace !== undefined && { namespace }),
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to a different user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  // A zombie (Z) or dead (X) process has ended.
  return !['Z', 'X'].includes(statusOf(pid)?.[0] ?? '');
}

/** When a process started, in clock ticks since boot. Linux only. */
function startOf(pid: number): string | undefined {
  return statusOf(pid)?.[19];
}

/**
 * The fields of `/proc/<pid>/stat` from the state on. The process name before them may contain any
 * character.
 */
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
