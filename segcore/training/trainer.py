"""The loop: batches through the network, gradients into the weights, and now and then a look."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from segcore.errors import TrainingError
from segcore.models import SegmentationNetwork
from segcore.models.allocator import keep_freed_pages
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken
from segcore.training.batches import Batch, Batches, Source
from segcore.training.bounds import fewest_pictures, is_out_of_memory, regularise
from segcore.training.moving_average import MovingAverage
from segcore.training.network import training_logits
from segcore.training.objective import class_weights, loss_of
from segcore.training.optimiser import freeze, optimiser_of, set_rate
from segcore.training.recipe import Recipe
from segcore.training.state import State
from segcore.training.transfer import Reading, Step, reads_late, to_device
from segcore.training.workers import ALONE, Workers

_MAY_CHANGE = frozenset({"lr", "precision"})
"""What another run may set anew when it goes on."""


class Trainer:
    """A network in training. `network` itself is changed.

    Args:
        network: with as many outputs as the samples have classes, on the device to train on.
        sources: what to train on; all have the same classes.
        preprocess: how pixels are normalised.
    """

    def __init__(
        self,
        network: SegmentationNetwork,
        sources: Sequence[Source],
        recipe: Recipe,
        preprocess: Preprocess,
        workers: Workers = ALONE,
    ) -> None:
        keep_freed_pages()
        self.network = network
        self.recipe = recipe
        self.workers = workers
        self.step = 0
        self.best = (-math.inf, 0)
        self._device = next(network.parameters()).device
        self.classes = sources[0].samples.classes
        self._batches = Batches(sources, recipe.sampling, recipe.seed)
        self.parts = recipe.accumulate
        self.notes: list[str] = []
        self._fewest = fewest_pictures(network)
        self._check_sizes(len(range(workers.rank, recipe.sampling.batch, workers.count)))
        freeze(network, recipe.freeze)
        regularise(network, recipe.drop_path, recipe.dropout)
        self._optimiser = optimiser_of(
            network, lr=recipe.lr, head_factor=recipe.head_factor, decay=recipe.decay
        )
        self._trained = [p for p in network.parameters() if p.requires_grad]
        self._running = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
        self.average = MovingAverage(network, recipe.average)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=recipe.precision == "fp16")
        self._by_class = self._class_weights(sources)
        scale, shift = preprocess.affine()
        self._scale = torch.from_numpy(scale).to(self._device)
        self._shift = torch.from_numpy(shift).to(self._device)

    def run(
        self,
        told: Callable[[Step], None] = lambda _step: None,
        cancel: CancelToken | None = None,
        until: int | None = None,
    ) -> None:
        """Train up to step `until`, the recipe's last by default; `told` hears of every step.

        A cancelled run stops between two steps, all workers at the same one. On a GPU, `told`
        hears of a step when the next one is on its way.

        Raises:
            TrainingError: the loss is no number any more; that step did not touch the weights.
        """
        last = min(self.recipe.steps if until is None else until, self.recipe.steps)
        batches = self._batches.from_number(self.step, last, self.workers.rank, self.workers.count)
        self.network.train()
        late: Reading | None = None
        began = time.perf_counter()
        try:
            for batch in batches:
                if not reads_late(self._device):
                    began = time.perf_counter()
                reading = self._one_step(batch, cancel)
                if reading is None:
                    break
                if reads_late(self._device):
                    reading, late = late, reading
                if reading is not None:
                    told(reading.read(began))
                    began = time.perf_counter()
            if late is not None:
                told(late.read(began))
        finally:
            batches.close()  # type: ignore[attr-defined]
            self.network.eval()

    def state(self, data: Mapping[str, int] | None = None) -> State:
        """Where it stands; the tensors are the live ones. `data` is what was trained on."""
        return State(
            self.step,
            self.recipe.to_json(),
            self.network.state_dict(),
            self._optimiser.state_dict(),
            self.average.state,
            self.average.steps,
            self._scaler.state_dict(),
            self.best,
            self.parts,
            data or {},
        )

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """Take other weights for the network's and the average: training is over."""
        self.network.load_state_dict(weights)
        self.average.restore(weights, self.average.steps)

    def resume(self, state: State) -> None:
        """Go on from a state that the same recipe had, but for the rate and the precision.

        Those may be what has to change before a loss that is no number is one again.

        Raises:
            TrainingError: it belongs to another recipe, network or class table.
        """
        own = json.loads(json.dumps(self.recipe.to_json()))
        different = [name for name in own if own[name] != state.recipe.get(name)]
        if not _MAY_CHANGE.issuperset(different):
            raise TrainingError(
                f"The training that was begun differs in {', '.join(different)}: go on with the "
                "settings that it had, or begin anew in another folder."
            )
        peaks = [group["peak"] for group in self._optimiser.param_groups]
        try:
            self.network.load_state_dict(state.network)
            self._optimiser.load_state_dict(state.optimiser)  # type: ignore[arg-type]
            self.average.restore(state.average, state.average_steps)
        except (RuntimeError, KeyError, ValueError) as error:
            raise TrainingError(
                "The training that was begun is of another network or another number of classes: "
                "begin anew in another folder."
            ) from error
        for group, peak in zip(self._optimiser.param_groups, peaks):
            group["peak"] = peak
        if state.scaler:
            self._scaler.load_state_dict(dict(state.scaler))
        if different:
            self.notes.append(
                f"It goes on with another {' and '.join(different)} than it was begun with, and "
                "will not end as the unbroken one would have."
            )
        self.step, self.best, self.parts = state.step, state.best, state.parts

    @property
    def weights(self) -> dict[str, Tensor]:
        """What is worth keeping: the averaged weights, or the last where none are averaged."""
        return self.average.state if self.recipe.average else self.network.state_dict()

    def _one_step(self, batch: Batch, cancel: CancelToken | None) -> Reading | None:
        # Before anything else: a forward pass already moves BatchNorm's running statistics.
        if self._called_off(cancel):
            return None
        share = self.recipe.schedule.share(self.step)
        set_rate(self._optimiser, share)
        loss = self._gradients(batch)
        gradients = [p.grad for p in self._trained if p.grad is not None]
        self.workers.average_([*gradients, *self._running, loss])
        reading = self._update(loss, self.recipe.lr * share)
        self.step += 1
        self.average.update(self.network)
        return reading

    def _called_off(self, cancel: CancelToken | None) -> bool:
        """Whether any worker was asked to stop; all of them get the same answer."""
        asked = cancel is not None and cancel.cancelled
        if self.workers.count == 1:
            return asked
        # A number of the CPU: no GPU has to come to rest for it.
        stop = torch.tensor(float(asked))
        self.workers.sum_(stop)
        return bool(stop > 0)

    def _draw_from_the_step(self) -> None:
        """Dropout and stochastic depth depend on step and worker, not on what went before."""
        seed = np.random.SeedSequence([self.recipe.seed, self.step, self.workers.rank])
        torch.manual_seed(int(seed.generate_state(1)[0]))

    def _gradients(self, batch: Batch) -> Tensor:
        """Sum up the gradients of a batch; its mean loss.

        Where memory does not suffice, the batch is taken in more and smaller parts from then on.
        """
        running = [buffer.clone() for buffer in self._running]
        while True:
            self._draw_from_the_step()
            try:
                return self._in_parts(batch)
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
            self._optimiser.zero_grad()
            for buffer, before in zip(self._running, running):
                buffer.copy_(before)
            self.take_smaller_parts(len(batch.pictures))
            if self._device.type == "cuda":
                torch.cuda.empty_cache()

    def take_smaller_parts(self, pictures: int) -> None:
        """Twice as many parts of a batch of so many pictures.

        Raises:
            TrainingError: they are as small as they can be.
        """
        if self.parts * 2 * self._fewest > pictures:
            raise TrainingError(
                "There is not enough memory for even the smallest part of a batch: choose smaller "
                "crops (--size), --checkpointing, or a smaller model."
            )
        self.parts *= 2
        self.notes.append(
            f"Memory does not suffice for {pictures * 2 // self.parts} pictures at once: batches "
            f"go through in {self.parts} parts."
        )

    def _in_parts(self, batch: Batch) -> Tensor:
        pictures = np.array_split(batch.pictures, self.parts)
        labels = np.array_split(batch.labels, self.parts)
        weights: Sequence[Any] = [None] * self.parts
        if batch.weights is not None:
            weights = np.array_split(batch.weights, self.parts)
        total = torch.zeros((), device=self._device)
        for part in zip(pictures, labels, weights):
            share = len(part[0]) / len(batch.pictures)
            if share == 0:
                continue
            loss = self._loss(*part) * share
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

    def _loss(self, pictures: Any, labels: Any, weights: Any) -> Tensor:
        pixels = to_device(pictures, self._device)
        normal = torch.addcmul(self._shift, pixels, self._scale).permute(0, 3, 1, 2)
        with self._autocast():
            logits = training_logits(self.network, normal, checkpointing=self.recipe.checkpointing)
        return loss_of(
            logits,
            to_device(labels, self._device),
            self.recipe.objective,
            ignore=self.classes.ignore,
            by_class=self._by_class,
            by_pixel=None if weights is None else to_device(weights, self._device),
        )

    def _update(self, loss: Tensor, rate: float) -> Reading:
        """One step of the optimiser, unless loss or gradient is no number.

        Raises:
            TrainingError: it is none, and the device does not read late.
        """
        self._scaler.unscale_(self._optimiser)
        norm = nn.utils.clip_grad_norm_(self._trained, self.recipe.clip or math.inf)
        scales = self._scaler.is_enabled()
        reading = Reading(self.step + 1, rate, loss, norm, may_overflow=scales)
        if not reads_late(self._device):
            try:
                reading.read(0.0)
            except TrainingError:
                self._optimiser.zero_grad()
                raise
        elif not scales:
            # AdamW itself leaves the step out on the GPU where this is 1, as for loss scaling.
            self._optimiser.found_inf = reading.not_finite  # type: ignore[attr-defined]
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._optimiser.zero_grad()
        return reading

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.recipe.precision == "fp32":
            return nullcontext()
        dtype = torch.bfloat16 if self.recipe.precision == "bf16" else torch.float16
        return torch.autocast(self._device.type, dtype)

    def _check_sizes(self, pictures: int) -> None:
        """Raise TrainingError where crops or parts of batches are too small for the network."""
        try:
            self.network.config.check_input_size(self.recipe.sampling.size)
        except ValueError as error:
            raise TrainingError(f"The crops (--size) are too small: {error}.") from error
        if pictures // self.parts < self._fewest:
            raise TrainingError(
                f"This network needs {self._fewest} pictures or more at once for its BatchNorm, "
                f"not {pictures // self.parts}: choose a larger --batch, or fewer parts "
                "(--accumulate) or processes."
            )

    def _class_weights(self, sources: Sequence[Source]) -> Tensor | None:
        shares = sum(source.share * source.survey.shares for source in sources)
        total = sum(source.share for source in sources)
        weights = class_weights(np.asarray(shares) / total, self.recipe.objective.balance)
        return None if weights is None else torch.from_numpy(weights).to(self._device)
