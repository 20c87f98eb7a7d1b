"""The windows of several pictures, whichever they come from, sorted by the size they go in at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor

from segcore.decoding.pixels import RGB
from segcore.geometry import Size
from segcore.inference.encoded import EncodedImage


class Window(NamedTuple):
    """A window of a picture, ready to be uploaded.

    Attributes:
        turn: the number of the pass that it belongs to.
        place: its number in there.
        pixels: (h, w, 3) uint8 at the model's size.
    """

    turn: int
    place: int
    pixels: Tensor


class Staged(NamedTuple):
    """A picture that is ready to go in.

    Attributes:
        passes: the ways in which the protocol shows it, and how each is cut.
        windows: all windows of all passes; none where it goes alone.
    """

    passes: Sequence[EncodedImage]
    windows: Sequence[Window]

    @property
    def image(self) -> RGB:
        """(H, W, 3) uint8, as it was read."""
        return self.passes[0].image

    @property
    def nbytes(self) -> int:
        """What it takes on the host."""
        return self.image.nbytes + sum(window.pixels.nbytes for window in self.windows)


@dataclass
class Gathered:
    """The windows of a group of pictures, and what the network made of them so far.

    Attributes:
        windows: of all pictures, one after the other, and `owners` the picture of each.
        obstacles: for pictures that have to go alone, what to tell of it.
        notes: what is to be told with every picture of the group.
    """

    windows: list[Window]
    owners: list[int]
    obstacles: dict[int, tuple[str, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _logits: dict[tuple[int, int, int], Tensor] = field(default_factory=dict)

    def turns(self) -> Iterator[tuple[Size, list[int]]]:
        """(height, width) of the model's input, and the windows that have it."""
        by_size: dict[Size, list[int]] = {}
        for number, window in enumerate(self.windows):
            height, width = window.pixels.shape[:2]
            by_size.setdefault((height, width), []).append(number)
        yield from by_size.items()

    def put(self, chunk: Sequence[int], logits: Tensor) -> None:
        """Keep the (B, C, h, w) logits of some windows."""
        for number, values in zip(chunk, logits, strict=True):
            window = self.windows[number]
            self._logits[self.owners[number], window.turn, window.place] = values

    def give_up(self, chunk: Sequence[int], told: tuple[str, ...]) -> None:
        """The pictures of these windows go alone."""
        for owner in {self.owners[number] for number in chunk}:
            self.obstacles.setdefault(owner, told)
            self.let_go(owner)

    def logits_of(self, picture: int) -> list[Callable[[int], Tensor]]:
        """For each pass of a picture, what gives the (C, h, w) logits of a window."""

        def of(turn: int) -> Callable[[int], Tensor]:
            return lambda place: self._logits[picture, turn, place]

        owned = zip(self.windows, self.owners)
        turns = {window.turn for window, owner in owned if owner == picture}
        return [of(turn) for turn in sorted(turns)]

    def let_go(self, picture: int) -> None:
        """Forget a picture's logits."""
        for key in [key for key in self._logits if key[0] == picture]:
            del self._logits[key]


def gather(pictures: Sequence[Staged]) -> Gathered:
    """All windows of the pictures that do not go alone."""
    windows = [window for staged in pictures for window in staged.windows]
    owners = [number for number, staged in enumerate(pictures) for _ in staged.windows]
    return Gathered(windows, owners)
