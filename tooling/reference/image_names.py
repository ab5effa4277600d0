"""Names that Hugging Face's image models have in files."""

import re

# transformers 5 has new names in memory; its files keep these.
VIT_NAMES = [
    (r"^layers\.(\d+)\.attention\.q_proj", r"encoder.layer.\1.attention.attention.query"),
    (r"^layers\.(\d+)\.attention\.k_proj", r"encoder.layer.\1.attention.attention.key"),
    (r"^layers\.(\d+)\.attention\.v_proj", r"encoder.layer.\1.attention.attention.value"),
    (r"^layers\.(\d+)\.attention\.o_proj", r"encoder.layer.\1.attention.output.dense"),
    (r"^layers\.(\d+)\.mlp\.fc1", r"encoder.layer.\1.intermediate.dense"),
    (r"^layers\.(\d+)\.mlp\.fc2", r"encoder.layer.\1.output.dense"),
    (r"^layers\.", r"encoder.layer."),
]


def vit_name(name):
    for pattern, replacement in VIT_NAMES:
        name = re.sub(pattern, replacement, name)
    return name
