/** Without it plugins write what they do to stderr. */
const QUIET = { TF_CPP_MIN_LOG_LEVEL: '2' };
/** Flags for XLA, of which one that the plugin does not know ends the process. */
const FLAGS = 'XLA_FLAGS';

/**
 * Runs something during which a plugin reads the environment: it sees no `XLA_FLAGS`, which are
 * mostly another program's.
 */
export function withPluginEnvironment<T>(run: () => T): T {
  const before = { ...process.env };
  Reflect.deleteProperty(process.env, FLAGS);
  for (const [name, value] of Object.entries(QUIET)) process.env[name] ??= value;
  try {
    return run();
  } finally {
    for (const name of [FLAGS, ...Object.keys(QUIET)]) {
      const value = before[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
