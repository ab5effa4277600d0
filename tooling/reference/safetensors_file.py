"""A file of every element type, written by the reference implementation of safetensors."""

import torch
from safetensors.torch import save_file

from fixture import ROOT

numbers = torch.tensor([[0.0, -1.5, 3.140625], [65504.0, 6.103515625e-05, -5.960464477539063e-08]])
tensors = {
    "f32": numbers / 3,
    "f16": numbers.to(torch.float16),
    "bf16": torch.tensor([1.0, -2.5, 3.0e38, float("inf")]).to(torch.bfloat16),
    "f64": torch.tensor([0.1, -1e-3], dtype=torch.float64),
    "i64": torch.tensor([-(2**31), 2**31 - 1, 7]),
    "i32": torch.tensor([[1], [-2]], dtype=torch.int32),
    "i16": torch.tensor([-32768, 32767], dtype=torch.int16),
    "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "u8": torch.tensor([0, 255, 3], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(0.5),
    "empty": torch.zeros(0, 3),
    "encoder.größe \"quoted\"": torch.ones(1),
}
path = ROOT / "packages/checkpoints/fixtures/reference.safetensors"
save_file(tensors, path, metadata={"format": "pt", "note": "größe"})
print(f"{path.relative_to(ROOT)}: {len(tensors)} tensors, {path.stat().st_size} bytes")
