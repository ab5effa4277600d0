"""Prints what MLflow's client and TensorBoard's reader find of one run, for tooling/trackers.ts.

Run: python tooling/reference/trackers.py URL FOLDER, with mlflow and tensorboard installed.
"""

import json
import sys
from pathlib import Path

from mlflow.tracking import MlflowClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

url, folder = sys.argv[1], Path(sys.argv[2])
client = MlflowClient(url)
experiment = client.get_experiment_by_name("crossweave")
(run,) = client.search_runs([experiment.experiment_id])
assert run.info.run_id == json.loads((folder / "mlflow.json").read_text())["runId"]
history = {
    key: [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, key)]
    for key in run.data.metrics
}
events = EventAccumulator(str(folder)).Reload()
scalars = {
    tag: [[event.step, event.value] for event in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]
}
out = {
    "mlflow": history,
    "tensorboard": scalars,
    "status": run.info.status,
    "params": run.data.params,
}
print(json.dumps(out))
