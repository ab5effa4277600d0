import type { Engine, Probe } from './engine';
import { importNative, probeBackend } from './probe';

const packageName = '@crossweave/tfjs-backend-xla';

/** XLA on the CPU, through a PJRT plugin that comes as a Python package. */
export const xlaCpu: Engine = {
  name: 'xla:cpu',
  backend: 'xla:cpu',
  onlyByName: true,
  probe: async () =>
    withAdvice(
      await probeBackend({
        backend: 'xla:cpu',
        packageName,
        load: () => importNative(`${packageName}/register`),
        detail: 'XLA on the CPU, whole steps as one program',
      }),
    ),
};

/** The package's own error says which plugin it lacks, and how to get it: that is the advice. */
function withAdvice(probe: Probe): Probe {
  if (probe.usable) return probe;
  const [, reason, advice] =
    /: (There is no PJRT plugin .*?)\. (It comes .*)$/.exec(probe.reason) ?? [];
  return reason === undefined || advice === undefined
    ? probe
    : { usable: false, reason: reason.replace(/^T/, 't'), advice };
}
