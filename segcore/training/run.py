"""A whole training run: samples in, a model folder out, resumable at every step that was saved."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch

from segcore.checkpoints import save_model
from segcore.errors import TrainingError, readable
from segcore.inference.devices import place
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken, Progress
from segcore.training.batches import Source
from segcore.training.beginning import Beginning, begin
from segcore.training.closing import account_of, check_onnx, write_onnx
from segcore.training.patience import check_patience, is_over
from segcore.training.plan import Event, Plan, Result, Told
from segcore.training.recipe import Recipe
from segcore.training.report import HTML, JSON, read_log, write_report
from segcore.training.state import FOLDER, State, load_best, load_state, save_best, save_state
from segcore.training.survey import all_checksums, changes_since, survey
from segcore.training.telling import LOG, Telling, step_event
from segcore.training.trainer import Trainer
from segcore.training.transfer import Step
from segcore.training.validation import Validation, validate
from segcore.training.workers import Workers, join_workers, leave_workers, local_device


def train(
    plan: Plan,
    recipe: Recipe,
    told: Told = lambda _event: None,
    cancel: CancelToken | None = None,
) -> Result:
    """Train, saving the state now and then and the model at the end.

    `told` hears of events, mappings with `event`: `note`, `warning`, `survey`, `resumed`, `step`,
    `state`, `validation`, `model`, `onnx`, `report`.

    Raises:
        TrainingError: in one sentence; the last state that was saved stays usable.
        Cancelled: `cancel` was called before the first step.
    """
    device = place(local_device(plan.device), "fp32", "exact").device
    workers = join_workers(device)
    try:
        return _Run(plan, recipe, workers, told, cancel or CancelToken()).to_the_end(device)
    finally:
        leave_workers()


class _Run:
    def __init__(
        self, plan: Plan, recipe: Recipe, workers: Workers, told: Told, cancel: CancelToken
    ) -> None:
        self._plan = plan
        self._recipe = recipe
        self._workers = workers
        self._cancel = cancel
        check_patience(plan)
        self._telling = Telling(plan.out, told, speaks=workers.first, tensorboard=plan.tensorboard)
        self._checksums: dict[str, int] = {}
        self._classes = plan.sources[0][0].classes
        for samples, _ in plan.sources[1:]:
            if samples.classes.names != self._classes.names:
                raise TrainingError(
                    "The sets that are to be trained on together have different classes: give "
                    "them one class table."
                )

    def to_the_end(self, device: torch.device) -> Result:
        plan = self._plan
        state = load_state(plan.out) if plan.resume else None
        if state is None and self._workers.first:
            self._make_room()
        beginning = begin(plan.model, self._classes, scratch=plan.scratch, seed=self._recipe.seed)
        if plan.onnx:
            check_onnx(beginning.network)
        for note in beginning.notes if state is None else ():
            self._say({"event": "note", "text": note})
        if plan.every and plan.held_out is None and state is None:
            text = (
                "Nothing is held out, so there is nothing to look at while it runs: --hold-out 0.1 "
                "holds pictures out."
            )
            self._say({"event": "note", "text": text})
        sources = [
            Source(samples, survey(samples, self._surveying), share)
            for samples, share in plan.sources
        ]
        empty = sum(source.survey.without_labels for source in sources)
        if empty:
            text = f"{empty} pictures in which nothing is labelled are left out."
            self._say({"event": "note", "text": text})
        self._checksums = all_checksums([source.survey for source in sources])
        network = beginning.network.to(device)
        trainer = Trainer(network, sources, self._recipe, beginning.preprocess, self._workers)
        if state is not None:
            self._resume(trainer, state)
            del state
        try:
            return self._train(trainer, beginning)
        finally:
            self._telling.close()

    def _surveying(self, progress: Progress) -> None:
        self._cancel.raise_if_cancelled()
        self._say({"event": "survey", "done": progress.done, "pictures": progress.total})

    def _resume(self, trainer: Trainer, state: State) -> None:
        trainer.resume(state)
        self._say({"event": "resumed", "step": trainer.step, "steps": self._recipe.steps})
        changes = changes_since(state.data, self._checksums)
        if changes is not None:
            self._say({"event": "warning", "text": changes})

    def _train(self, trainer: Trainer, beginning: Beginning) -> Result:
        plan, last = self._plan, self._recipe.steps
        clock = _Clock(plan.save_seconds, plan.seconds, self._cancel)
        validation: Validation | None = None
        began, reported = trainer.step, (plan.out / FOLDER / JSON).is_file()

        def told(step: Step) -> None:
            self._say(step_event(step, last))
            while trainer.notes:
                self._say({"event": "note", "text": trainer.notes.pop(0)})
            if self._workers.first and clock.to_save():
                self._save_in_passing(trainer)
            clock.look()

        while not self._is_at_its_end(trainer) and not self._cancel.cancelled:
            until = last if plan.every == 0 else (trainer.step // plan.every + 1) * plan.every
            before = trainer.step
            trainer.run(told, self._cancel, until)
            stopped = trainer.step < min(until, last)
            if not stopped and trainer.step > before:
                validation = self._look(trainer, beginning)
            if self._workers.first:
                self._save_both(trainer, beginning)
            if stopped:
                break
        ended = self._is_at_its_end(trainer)
        if ended and (trainer.step > began or not reported):
            if plan.patience:
                self._return_to_the_best(trainer)
            if plan.patience or validation is None:
                validation = self._measured(trainer, beginning, None)
            if self._workers.first:
                self._close(trainer, beginning, validation)
        return Result(trainer.step, ended, validation)

    def _is_at_its_end(self, trainer: Trainer) -> bool:
        return trainer.step >= self._recipe.steps or is_over(self._plan, trainer)

    def _return_to_the_best(self, trainer: Trainer) -> None:
        """Take up the weights of the best look."""
        self._workers.wait()
        weights = load_best(self._plan.out)
        if weights is None:
            return
        trainer.adopt(weights)
        miou, step = trainer.best
        text = (
            f"The best of the looks was that after {step} steps (mIoU {100 * miou:.1f} %): its "
            "weights are the model's."
        )
        self._say({"event": "note", "text": text})

    def _close(self, trainer: Trainer, beginning: Beginning, validation: Validation | None) -> None:
        """What is written once, at the end."""
        if self._plan.patience:
            self._write(trainer, beginning)
        if self._plan.onnx:
            path, notes = write_onnx(self._plan.out)
            for note in notes:
                self._say({"event": "note", "text": note})
            self._say({"event": "onnx", "path": str(path)})
        self._report(trainer, beginning.preprocess, validation)

    def _measured(
        self, trainer: Trainer, beginning: Beginning, indices: Sequence[int] | None
    ) -> Validation | None:
        if self._plan.held_out is None:
            return None
        return validate(
            trainer.network,
            trainer.weights,
            self._plan.held_out,
            beginning.preprocess,
            workers=self._workers,
            indices=indices,
        )

    def _look(self, trainer: Trainer, beginning: Beginning) -> Validation | None:
        validation = self._measured(trainer, beginning, self._looked_at(trainer.step))
        if validation is None:
            return None
        scores = validation.scores
        if scores.miou > trainer.best[0]:
            trainer.best = (scores.miou, trainer.step)
            if self._plan.patience and self._workers.first:
                save_best(self._plan.out, trainer.weights)
        self._say(
            {
                "event": "validation",
                "step": trainer.step,
                "miou": scores.miou,
                "pixel_accuracy": scores.pixel_accuracy,
                "iou": {
                    info.name: None if math.isnan(iou) else float(iou)
                    for info, iou in zip(self._classes, scores.iou)
                },
                "best": trainer.best[1] == trainer.step,
            }
        )
        return validation

    def _looked_at(self, step: int) -> Sequence[int] | None:
        """Which held-out pictures; None for all."""
        samples, glance = self._plan.held_out, self._plan.glance
        if samples is None or not glance or step >= self._recipe.steps or glance >= len(samples):
            return None
        return [len(samples) * place // glance for place in range(glance)]

    def _save(self, trainer: Trainer) -> None:
        save_state(self._plan.out, trainer.state(self._checksums))
        self._say({"event": "state", "step": trainer.step})

    def _save_both(self, trainer: Trainer, beginning: Beginning) -> None:
        """Save state and model; a disk that has no room for the one may have it for the other."""
        try:
            self._save(trainer)
        finally:
            self._write(trainer, beginning)

    def _save_in_passing(self, trainer: Trainer) -> None:
        """Save; where the disk refuses, say so and go on: the next time may go better."""
        try:
            self._save(trainer)
        except TrainingError as error:
            self._say({"event": "warning", "text": str(error)})

    def _write(self, trainer: Trainer, beginning: Beginning) -> None:
        network = beginning.network
        live = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        network.load_state_dict(trainer.weights)
        try:
            save_model(
                network,
                self._plan.out,
                self._classes,
                beginning.preprocess,
                dtype=torch.float16 if self._plan.half else None,
                card=self._plan.card,
            )
        finally:
            network.load_state_dict(live)
        self._say({"event": "model", "path": str(self._plan.out), "step": trainer.step})

    def _report(
        self, trainer: Trainer, preprocess: Preprocess, validation: Validation | None
    ) -> None:
        folder = self._plan.out / FOLDER
        try:
            account = account_of(
                trainer,
                read_log(folder / LOG),
                self._plan.held_out,
                validation,
                preprocess,
            )
            write_report(folder, account)
        except OSError as error:
            self._say({"event": "warning", "text": f"No report was written ({error.strerror})."})
            return
        self._say({"event": "report", "path": str(folder / HTML)})

    def _make_room(self) -> None:
        """Refuse to overwrite another training, and begin a new log."""
        out = self._plan.out
        if load_state(out) is not None:
            raise TrainingError(
                f"{readable(out)}: a training was begun here; go on with it by --resume, or name "
                "another folder."
            )
        try:
            (out / FOLDER).mkdir(parents=True, exist_ok=True)
            (out / FOLDER / LOG).write_text("", encoding="utf-8")
        except OSError as error:
            raise TrainingError(
                f"{readable(out)} cannot be written ({error.strerror or error}): name another "
                "folder."
            ) from error

    def _say(self, event: Event) -> None:
        self._telling.say(event)


class _Clock:
    """When to save, and when to stop."""

    def __init__(self, save_seconds: float, seconds: float, cancel: CancelToken) -> None:
        self._every = save_seconds
        self._saved = time.monotonic()
        self._end = time.monotonic() + seconds
        self._cancel = cancel

    def to_save(self) -> bool:
        if time.monotonic() - self._saved < self._every:
            return False
        self._saved = time.monotonic()
        return True

    def look(self) -> None:
        if time.monotonic() >= self._end:
            self._cancel.cancel()
