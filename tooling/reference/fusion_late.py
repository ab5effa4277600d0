"""Values and gradients of the late fusions of two vectors, and of FILIP, restated with torch modules.

TorchMultimodal's own ConcatFusionModule and AttentionFusionModule are run beside the restatements
that they coincide with; their channels sort as image, text.

Run: python tooling/reference/fusion_late.py
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture import write
from fusion_cases import B, D_IMAGE, D_TEXT, fusion_case

torch.manual_seed(12)

DIM, HIDDEN = 3, 5


class Mlp(nn.Module):
    def __init__(self, *widths, activation=F.relu):
        super().__init__()
        self.linears = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.activation = activation

    def forward(self, x):
        for i, layer in enumerate(self.linears):
            x = layer(x if i == 0 else self.activation(x))
        return x


class Pooled(nn.Module):
    """A fusion of `image["pooled"]` and `text["pooled"]` by `join`, with a match head."""

    def __init__(self):
        super().__init__()
        self.match_head = nn.Linear(DIM, 1)

    def fuse(self, image, text):
        joint = self.join(image["pooled"], text["pooled"])
        return joint, self.match_head(joint)[:, 0]


class ConcatMlp(Pooled):
    def __init__(self, *hidden, adapt=None, activation=F.relu):
        super().__init__()
        self.adapt = adapt
        left, right = D_IMAGE, D_TEXT
        if adapt is not None:
            left = right = adapt(D_IMAGE, D_TEXT)
            self.image_adapter = nn.Linear(D_IMAGE, left)
            self.text_adapter = nn.Linear(D_TEXT, right)
        self.mlp = Mlp(left + right, *hidden, DIM, activation=activation)

    def join(self, x, y):
        if self.adapt is not None:
            x, y = self.image_adapter(x), self.text_adapter(y)
        return self.mlp(torch.cat([x, y], 1))


class LinearSum(Pooled):
    def __init__(self, activation=F.relu, output=F.relu):
        super().__init__()
        self.linear0, self.linear1 = nn.Linear(D_IMAGE, HIDDEN), nn.Linear(D_TEXT, HIDDEN)
        self.linear_out = nn.Linear(HIDDEN, DIM)
        self.activation, self.output = activation, output

    def join(self, x, y):
        total = self.activation(self.linear0(x)) + self.activation(self.linear1(y))
        return self.output(self.linear_out(total))


class GatedSum(Pooled):
    def __init__(self):
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(D_IMAGE + D_TEXT, 2), nn.Softmax(-1))
        self.encoding_projection = nn.ModuleDict(
            {"image": nn.Linear(D_IMAGE, DIM), "text": nn.Linear(D_TEXT, DIM)}
        )

    def join(self, x, y):
        weights = self.attention(torch.cat([x, y], 1))
        parts = [self.encoding_projection["image"](x), self.encoding_projection["text"](y)]
        return (weights[:, None, :] * torch.stack(parts, -1)).sum(-1)


class Gmu(Pooled):
    def __init__(self):
        super().__init__()
        self.image_hidden = nn.Linear(D_IMAGE, DIM, bias=False)
        self.text_hidden = nn.Linear(D_TEXT, DIM, bias=False)
        self.gate = nn.Linear(D_IMAGE + D_TEXT, DIM, bias=False)

    def join(self, x, y):
        gate = torch.sigmoid(self.gate(torch.cat([x, y], 1)))
        return gate * self.image_hidden(x).tanh() + (1 - gate) * self.text_hidden(y).tanh()


class MeanOfLogits(Pooled):
    def __init__(self, *hidden):
        super().__init__()
        self.image_classifier = Mlp(D_IMAGE, *hidden, DIM)
        self.text_classifier = Mlp(D_TEXT, *hidden, DIM)

    def join(self, x, y):
        return torch.stack([self.image_classifier(x), self.text_classifier(y)]).mean(0)


class Modulated(Pooled):
    """`modulate(x, y)`: x meets what y makes."""

    def __init__(self, modulator):
        super().__init__()
        self.modulator = modulator
        self.widths = (D_IMAGE, D_TEXT) if modulator == "text" else (D_TEXT, D_IMAGE)

    def join(self, image, text):
        return self.modulate(image, text) if self.modulator == "text" else self.modulate(text, image)


class Film(Modulated):
    def __init__(self, modulator="text"):
        super().__init__(modulator)
        self.projection = nn.Linear(self.widths[0], DIM)
        self.film = nn.Linear(self.widths[1], 2 * DIM)

    def modulate(self, x, y):
        scale, shift = self.film(y).chunk(2, dim=1)
        return F.relu((1 + scale) * self.projection(x) + shift)


class Multiplicative(Modulated):
    """The hypernetwork form with W [n, m, d], V [m, d], U [n, d], b [d] cut from linear layers."""

    def __init__(self, form="vector", modulator="image"):
        super().__init__(modulator)
        self.form = form
        base, by = self.widths
        weights, shifts = {"matrix": (base * DIM, DIM), "vector": (DIM, DIM), "scalar": (1, 1)}[form]
        if form != "matrix":
            self.projection = nn.Linear(base, DIM, bias=False)
        self.hyper_weight, self.hyper_bias = nn.Linear(by, weights), nn.Linear(by, shifts)

    def modulate(self, x, y):
        shift = y @ self.hyper_bias.weight.T + self.hyper_bias.bias
        if self.form == "matrix":
            w = self.hyper_weight.weight.T.reshape(y.shape[1], x.shape[1], DIM)
            v = self.hyper_weight.bias.reshape(x.shape[1], DIM)
            return torch.einsum("bm,bmd->bd", x, torch.einsum("bn,nmd->bmd", y, w) + v) + shift
        return self.projection(x) * self.hyper_weight(y) + shift


class ProductOfExperts(Pooled):
    def __init__(self):
        super().__init__()
        self.image_mean, self.image_logvar = nn.Linear(D_IMAGE, DIM), nn.Linear(D_IMAGE, DIM)
        self.text_mean, self.text_logvar = nn.Linear(D_TEXT, DIM), nn.Linear(D_TEXT, DIM)

    def join(self, x, y):
        prior = torch.zeros(len(x), DIM)
        means = torch.stack([prior, self.image_mean(x), self.text_mean(y)])
        logvars = torch.stack([prior, self.image_logvar(x), self.text_logvar(y)])
        precisions = 1 / (logvars.exp() + 1e-8)
        return (means * precisions).sum(0) / precisions.sum(0)


class Filip(nn.Module):
    def __init__(self, temperature=0.07):
        super().__init__()
        self.visual_projection = nn.Linear(D_IMAGE, DIM, bias=False)
        self.text_projection = nn.Linear(D_TEXT, DIM, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(-math.log(temperature)))
        self.logit_bias = nn.Parameter(torch.tensor(-0.5))

    def fuse(self, image, text):
        x = F.normalize(self.visual_projection(image["tokens"]), dim=-1)
        y = F.normalize(self.text_projection(text["tokens"]), dim=-1)
        joint = torch.stack(
            [
                torch.cat([self.products(a, b), self.products(b, a)])
                # Row by row without the padding: no mask can be forgotten.
                for a, b in (
                    (x[i][image["mask"][i] == 1], y[i][text["mask"][i] == 1]) for i in range(len(x))
                )
            ]
        )
        return joint, joint.sum(1) / 2 * self.logit_scale.exp() + self.logit_bias

    @staticmethod
    def products(tokens, others):
        """The mean of token * best match; its sum is the mean of the largest similarities."""
        similarities = tokens @ others.T
        products = (tokens * others[similarities.argmax(1)]).mean(0)
        assert torch.allclose(products.sum(), similarities.amax(1).mean())
        return products


def agrees_with_torchmultimodal():
    from torchmultimodal.modules.fusions.attention_fusion import AttentionFusionModule
    from torchmultimodal.modules.fusions.concat_fusion import ConcatFusionModule

    x, y = torch.randn(B, D_IMAGE), torch.randn(B, D_TEXT)
    channels = {"text": y, "image": x}

    own = ConcatMlp()
    theirs = ConcatFusionModule(own.mlp.linears[0])
    assert torch.equal(theirs(channels), own.join(x, y))

    own = GatedSum()
    theirs = AttentionFusionModule({"text": D_TEXT, "image": D_IMAGE}, DIM)
    theirs.load_state_dict({k: v for k, v in own.state_dict().items() if "match_head" not in k})
    assert torch.allclose(theirs(channels), own.join(x, y))


if __name__ == "__main__":
    agrees_with_torchmultimodal()
    OUT = {"dim": DIM}
    write(
        __file__,
        "fusion",
        "late",
        {
            "concat-mlp": fusion_case(ConcatMlp(HIDDEN, 4), **OUT, hidden=[HIDDEN, 4]),
            "concat-mlp, one layer": fusion_case(ConcatMlp(), **OUT, hidden=[]),
            "concat-mlp, adapted": fusion_case(
                ConcatMlp(HIDDEN, adapt=max, activation=F.gelu),
                **OUT,
                hidden=[HIDDEN],
                adapt="max",
                activation="gelu",
            ),
            "sum": fusion_case(LinearSum(), **OUT, hidden=HIDDEN),
            "sum, linear": fusion_case(
                LinearSum(F.gelu, nn.Identity()),
                **OUT,
                hidden=HIDDEN,
                activation="gelu",
                outputActivation="none",
            ),
            "gated-sum": fusion_case(GatedSum(), **OUT),
            "gmu": fusion_case(Gmu(), **OUT),
            "mean-of-logits": fusion_case(MeanOfLogits(), **OUT),
            "mean-of-logits, mlp": fusion_case(MeanOfLogits(HIDDEN), **OUT, hidden=[HIDDEN]),
            "film": fusion_case(Film(), **OUT),
            "film, by image": fusion_case(Film("image"), **OUT, modulator="image"),
            "multiplicative": fusion_case(Multiplicative(), **OUT),
            "multiplicative, matrix": fusion_case(Multiplicative("matrix"), **OUT, form="matrix"),
            "multiplicative, scalar": fusion_case(
                Multiplicative("scalar", "text"), **OUT, form="scalar", modulator="text"
            ),
            "product-of-experts": fusion_case(ProductOfExperts(), **OUT),
            "filip": fusion_case(Filip(), **OUT),
            "filip, chunked": fusion_case(Filip(0.5), **OUT, chunk=1),
        },
    )
