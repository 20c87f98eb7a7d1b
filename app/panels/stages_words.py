"""The operations of a block in words: what each does and why, with the paper's section.

One row per key of `segcore.inspection.steps`; the sentences are translated where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.i18n import QT_TRANSLATE_NOOP, translate

Part = Literal["merging", "attention", "mixing"]
CONTEXT = "operations"


@dataclass(frozen=True)
class Words:
    """What a student reads of an operation; `part` is the box of the drawing it belongs to."""

    title: str
    sentence: str
    section: str
    part: Part


def title_of(key: str) -> str:
    """The operation's name in the field."""
    return translate(CONTEXT, WORDS[key].title)


def sentence_of(key: str) -> str:
    """What it does and why."""
    return translate(CONTEXT, WORDS[key].sentence)


WORDS = {
    "merging": Words(
        QT_TRANSLATE_NOOP("operations", "Overlapped patch merging"),
        QT_TRANSLATE_NOOP(
            "operations",
            "A convolution whose window is wider than its stride makes one token of "
            "neighbouring ones. Because windows overlap, what lies on a border is seen from "
            "both sides; the coarser grid is what makes the encoder a hierarchy.",
        ),
        "3.1",
        "merging",
    ),
    "norm1": Words(
        QT_TRANSLATE_NOOP("operations", "LayerNorm before attention"),
        QT_TRANSLATE_NOOP(
            "operations",
            "Every token is brought to mean 0 and variance 1 over its channels, then scaled by "
            "learned weights, so that no token drowns the others in the scalar products to come.",
        ),
        "3.1",
        "attention",
    ),
    "query": Words(
        QT_TRANSLATE_NOOP("operations", "Queries"),
        QT_TRANSLATE_NOOP(
            "operations",
            "A linear layer turns every token into a question: what it looks for elsewhere. "
            "All N tokens ask; only keys and values are reduced.",
        ),
        "3.1",
        "attention",
    ),
    "reduction": Words(
        QT_TRANSLATE_NOOP("operations", "Sequence reduction"),
        QT_TRANSLATE_NOOP(
            "operations",
            "R x R neighbouring tokens become one before keys and values are made. Attention "
            "then costs N · N / R² products instead of N²: that is what lets the first stages "
            "attend at high resolution.",
        ),
        "3.1",
        "attention",
    ),
    "key": Words(
        QT_TRANSLATE_NOOP("operations", "Keys"),
        QT_TRANSLATE_NOOP(
            "operations",
            "A linear layer turns every reduced token into what queries are compared with. "
            "The pictures of keys and queries need not look alike: their scalar product counts.",
        ),
        "3.1",
        "attention",
    ),
    "value": Words(
        QT_TRANSLATE_NOOP("operations", "Values"),
        QT_TRANSLATE_NOOP(
            "operations",
            "A second linear layer turns every reduced token into what it gives to those that "
            "attend to it.",
        ),
        "3.1",
        "attention",
    ),
    "attention": Words(
        QT_TRANSLATE_NOOP("operations", "Efficient self-attention"),
        QT_TRANSLATE_NOOP(
            "operations",
            "In each head a query is compared with all keys; the softmax makes weights that sum "
            "to 1, with which the values are mixed. So a token hears from the whole picture in "
            "one layer; a linear layer joins the heads.",
        ),
        "3.1",
        "attention",
    ),
    "residual1": Words(
        QT_TRANSLATE_NOOP("operations", "Residual after attention"),
        QT_TRANSLATE_NOOP(
            "operations",
            "What attention found is added to what went in: the block learns a change and leaves "
            "the rest as it was, which keeps deep encoders trainable.",
        ),
        "3.1",
        "attention",
    ),
    "norm2": Words(
        QT_TRANSLATE_NOOP("operations", "LayerNorm before Mix-FFN"),
        QT_TRANSLATE_NOOP(
            "operations",
            "The sums of the residual are brought to one scale again before the feed-forward part.",
        ),
        "3.1",
        "mixing",
    ),
    "expand": Words(
        QT_TRANSLATE_NOOP("operations", "Expansion"),
        QT_TRANSLATE_NOOP(
            "operations",
            "A linear layer gives each token, by itself, four times as many channels: room for "
            "combinations that the next steps can switch on or off.",
        ),
        "3.1",
        "mixing",
    ),
    "depthwise": Words(
        QT_TRANSLATE_NOOP("operations", "Depthwise 3x3 convolution"),
        QT_TRANSLATE_NOOP(
            "operations",
            "Each channel is convolved by itself. Zeros around the border tell tokens where they "
            "are; this stands in for position codes, so nothing has to be interpolated when a "
            "picture of another size comes in.",
        ),
        "3.1",
        "mixing",
    ),
    "gelu": Words(
        QT_TRANSLATE_NOOP("operations", "GELU"),
        QT_TRANSLATE_NOOP(
            "operations",
            "The only bend in Mix-FFN: values well below 0 become 0, large ones pass, softly in "
            "between. Without it the two linear layers would be one.",
        ),
        "3.1",
        "mixing",
    ),
    "project": Words(
        QT_TRANSLATE_NOOP("operations", "Projection"),
        QT_TRANSLATE_NOOP(
            "operations",
            "A linear layer brings the channels back to the stage's number, so that the result "
            "can be added to what went in.",
        ),
        "3.1",
        "mixing",
    ),
    "residual2": Words(
        QT_TRANSLATE_NOOP("operations", "Residual after Mix-FFN"),
        QT_TRANSLATE_NOOP(
            "operations",
            "What Mix-FFN found is added; this is the block's output and the next block's input.",
        ),
        "3.1",
        "mixing",
    ),
    "stage_norm": Words(
        QT_TRANSLATE_NOOP("operations", "LayerNorm of the stage"),
        QT_TRANSLATE_NOOP(
            "operations",
            "After the last block every token is normalised once more: this is the stage's "
            "output, which the next stage merges and the All-MLP head reads.",
        ),
        "3.1",
        "mixing",
    ),
}
