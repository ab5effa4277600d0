"""The timing loop of every peer, whatever its library."""
import json
import platform
import resource
import time


def peak_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 2**20 if platform.system() == "Darwin" else peak / 2**10)


def print_times(step, options, start_mb, versions):
    """Runs `step`, which gives its loss as a number, and prints one line of JSON, as steps/measure.ts does."""
    times, cpu, losses = [], [], []
    for i in range(options.warmup + options.steps):
        used, start = time.process_time(), time.perf_counter()
        losses.append(step())
        end = time.perf_counter()
        if i >= options.warmup:
            times.append(float(f"{(end - start) * 1000:.4g}"))
            cpu.append((time.process_time() - used) * 1000)
    print(json.dumps({
        "times": times,
        "losses": [losses[0], losses[-1]],
        "startMb": start_mb,
        "peakMb": peak_mb(),
        "cpuMs": float(f"{min(cpu):.4g}"),
        "versions": {**versions, "python": platform.python_version()},
    }))
