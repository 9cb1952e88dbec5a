"""What Tables 2 to 6 of the UNI paper print (Choi, Duplessis & Belongie, ICLR 2025): ImageNet, mean ± std, as printed.

Its canvas of deletion and insertion is not stated, nor is the subset size of MuFidelity. In Tables 5 and 6 the rows of
Swin-T repeat those of ResNet-18 to the last digit.
"""

NETWORKS = ("resnet18", "efficientnet_v2_s", "convnext_tiny", "vgg16_bn", "vit_b_16", "swin_t")
TITLES = dict(
    zip(NETWORKS, ("ResNet-18", "EfficientNetV2-S", "ConvNeXt-Tiny", "VGG-16-BN", "ViT-B/16", "Swin-T"), strict=True)
)
FAITHFULNESS = (
    "uni", "integrated_gradients", "blur_ig", "guided_ig", "agi", "guided_backprop", "deeplift"
)  # fmt: skip
ROBUSTNESS = ("uni", "integrated_gradients", "blur_ig", "smoothgrad", "deeplift")
SHORT = {
    "uni": "UNI",
    "integrated_gradients": "IG",
    "blur_ig": "BlurIG",
    "guided_ig": "GIG",
    "agi": "AGI",
    "guided_backprop": "GBP",
    "deeplift": "DeepLIFT",
    "smoothgrad": "SG",
    "random": "random",
}


def _table(columns: tuple[str, ...], text: str) -> dict[str, dict[str, str]]:
    """network → method → what is printed."""
    lines = [line.split("|") for line in text.strip().splitlines()]
    return {
        network: dict(zip(columns, (cell.strip() for cell in line), strict=True))
        for network, line in zip(NETWORKS, lines, strict=True)
    }


MUFIDELITY = _table(FAITHFULNESS, """
.12 ± .124 | .06 ± .068 | .07 ± .076 | .07 ± .080 | .10 ± .110 | .09 ± .094 | .08 ± .082
.06 ± .046 | .05 ± .043 | .05 ± .044 | .05 ± .044 | .06 ± .045 | .05 ± .043 | .05 ± .043
.16 ± .115 | .11 ± .086 | .15 ± .121 | .18 ± .149 | .17 ± .131 | .09 ± .072 | .11 ± .084
.18 ± .141 | .08 ± .066 | .09 ± .076 | .13 ± .108 | .14 ± .104 | .13 ± .108 | .10 ± .082
.15 ± .114 | .10 ± .074 | .10 ± .077 | .11 ± .079 | .14 ± .104 | .09 ± .070 | .10 ± .072
.13 ± .100 | .09 ± .071 | .12 ± .102 | .12 ± .104 | .13 ± .102 | .09 ± .069 | .10 ± .076
""")  # fmt: skip
DELETION = _table(FAITHFULNESS, """
.06 ± .128 | .10 ± .174 | .27 ± .252 | .11 ± .150 | .13 ± .147 | .08 ± .160 | .13 ± .165
.19 ± .212 | .26 ± .217 | .50 ± .158 | .19 ± .216 | .18 ± .207 | .23 ± .163 | .27 ± .215
.11 ± .139 | .16 ± .164 | .46 ± .172 | .21 ± .160 | .17 ± .123 | .16 ± .099 | .21 ± .162
.08 ± .143 | .12 ± .181 | .18 ± .241 | .10 ± .163 | .14 ± .178 | .14 ± .194 | .12 ± .186
.14 ± .185 | .22 ± .207 | .60 ± .166 | .17 ± .190 | .13 ± .152 | .23 ± .141 | .17 ± .189
.13 ± .181 | .22 ± .217 | .47 ± .174 | .22 ± .207 | .21 ± .172 | .21 ± .123 | .23 ± .207
""")  # fmt: skip
INSERTION = _table(FAITHFULNESS, """
.64 ± .138 | .26 ± .045 | .34 ± .131 | .36 ± .048 | .56 ± .068 | .11 ± .066 | .18 ± .042
.64 ± .227 | .38 ± .127 | .51 ± .283 | .37 ± .138 | .38 ± .204 | .23 ± .192 | .37 ± .137
.63 ± .231 | .21 ± .114 | .40 ± .252 | .56 ± .122 | .52 ± .088 | .22 ± .160 | .17 ± .162
.56 ± .335 | .37 ± .061 | .31 ± .274 | .38 ± .071 | .47 ± .078 | .26 ± .057 | .17 ± .056
.71 ± .237 | .32 ± .107 | .59 ± .292 | .28 ± .125 | .43 ± .089 | .35 ± .172 | .28 ± .123
.68 ± .245 | .28 ± .145 | .63 ± .282 | .26 ± .153 | .25 ± .156 | .31 ± .202 | .26 ± .152
""")  # fmt: skip
SPEARMAN = _table(ROBUSTNESS, """
.271 | .088 | .084 | .014 | .139
.302 | .009 | .076 | .008 | .018
.292 | .010 | .127 | .011 | .012
.290 | .143 | .098 | .014 | .108
.319 | .018 | .066 | .023 | .023
.271 | .088 | .084 | .014 | .139
""")  # fmt: skip
INTERSECTION = _table(ROBUSTNESS, """
37.3 | 20.0 | 25.3 | 18.2 | 24.8
39.4 | 17.4 | 23.3 | 18.6 | 18.0
34.8 | 15.0 | 26.2 | 16.7 | 15.1
35.7 | 25.5 | 25.3 | 18.8 | 25.2
40.7 | 17.1 | 21.7 | 19.6 | 17.2
37.3 | 20.0 | 25.3 | 18.2 | 24.8
""")  # fmt: skip
