"""The timing loop of every peer, whatever its library."""
import json
import platform
import resource
import time


def peak_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 2**20 if platform.system() == "Darwin" else peak / 2**10)


def print_times(step, read, options, start_mb, versions):
    """Runs `step` and prints one line of JSON, as steps/measure.ts does.

    `read` gives the number of what `step` returned, once it is there; with `options.behind` that of the
    step before, so that the device computes while the next step is prepared.
    """
    times, cpu, losses, unread = [], [], [], []
    for i in range(options.warmup + options.steps):
        used, start = time.process_time(), time.perf_counter()
        unread.append(step())
        if len(unread) > options.behind:
            losses.append(read(unread.pop(0)))
        end = time.perf_counter()
        if i >= options.warmup:
            times.append(float(f"{(end - start) * 1000:.4g}"))
            cpu.append((time.process_time() - used) * 1000)
    losses += [read(loss) for loss in unread]
    print(json.dumps({
        "times": times,
        "losses": [losses[0], losses[-1]],
        "startMb": start_mb,
        "peakMb": peak_mb(),
        "cpuMs": float(f"{min(cpu):.4g}"),
        "versions": {**versions, "python": platform.python_version()},
    }))
