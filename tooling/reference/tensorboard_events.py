"""Reads an event file by TensorBoard's own reader, and stores its bytes with what was read.

Run: python tooling/reference/tensorboard_events.py EVENT_FILE, with tensorboard installed. The file is
the one that tensor-board-logger.test.ts writes.
"""

import base64
import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

path = Path(sys.argv[1])
events = EventAccumulator(str(path)).Reload()
scalars = {
    tag: [[event.step, event.value] for event in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]
}
out = {
    "source": "tooling/reference/tensorboard_events.py",
    "scalars": scalars,
    "file": base64.b64encode(path.read_bytes()).decode(),
}
target = Path(__file__).parents[2] / "packages/trainer/fixtures/tensorboard.json"
target.write_text(json.dumps(out, indent=1) + "\n")
print(json.dumps(scalars, indent=1))
