"""Programs of many cases (fixtures.ts, conformance.ts), shared by several processes."""
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor


def run_part(command, environment, end):
    """The cases of one process by name: None, or why they failed. Where one ends the process, as an abort
    within a library does, another goes on after it."""
    found, after = {}, []
    while True:
        process = subprocess.Popen([*command, *after], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, errors="replace", env=environment)
        late = False
        try:
            out, error = process.communicate(timeout=max(1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            late = True
            process.kill()
            out, error = process.communicate()
        open_case = None
        # Cases may write to the console too.
        for line in (each for each in out.splitlines() if each.startswith('{"name":')):
            told = json.loads(line)
            open_case = told["name"] if "failed" not in told else None
            if open_case is None:
                found[told["name"]] = told["failed"]
        if late:
            return found, f"out of time in {open_case}"
        if process.returncode == 0:
            return found, None
        why = f"it ended the process ({process.returncode}): {error[:1500]} … {error[-500:]}"
        if open_case is None:
            return found, why
        found[open_case] = why
        after = ["--after", open_case]


def run_cases(command, count, environment, end):
    """All cases of a program in so many processes: how many passed, which failed, what was left out."""
    parts = [[*command, "--part", str(part), "--parts", str(count)] for part in range(count)]
    with ThreadPoolExecutor(count) as pool:
        ran = list(pool.map(lambda part: run_part(part, environment, end), parts))
    cases = {name: why for found, _ in ran for name, why in found.items()}
    return {
        "passed": sum(why is None for why in cases.values()),
        "failed": [{"name": name, "reason": why} for name, why in cases.items() if why is not None],
        "leftOut": [why for _, why in ran if why is not None],
    }
