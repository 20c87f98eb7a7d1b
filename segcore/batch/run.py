"""One batch from beginning to end: the plan, what is finished already, and the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from segcore.batch.contract import SAVES, BatchPredictor, InOrderPredictor, Save
from segcore.batch.ledger import Ledger, settings_of
from segcore.batch.summary import BatchSummary, State
from segcore.batch.work import Run
from segcore.errors import RequestError, readable
from segcore.output_names import OnError, plan_outputs
from segcore.progress import CancelToken, ProgressCallback


def predict_folder(
    predictor: BatchPredictor | Sequence[BatchPredictor],
    inputs: Sequence[Path],
    out: Path,
    *,
    save: Collection[Save] = (),
    redo: bool = False,
    on_error: OnError | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> BatchSummary:
    """Predict every picture of the inputs and write its label map below `out`.

    Written are `classes.json`, an indexed PNG for each picture (see `output_names.plan_outputs`)
    and, where `save` asks for anything, an NPZ of the same name with

    - `confidence`: (H, W) float16, probability of the winning class;
    - `top2_ids` and `top2_probability`: (2, H, W), the winner first;
    - `entropy` and `margin`: (H, W) float16, 0 to 1, see `inference.uncertainty`;
    - `logits`: (C, h, w) float32, and `stage1` … `stage4`: (C, h, w) float32, of the whole picture;
      where it went through the model in tiles each has the tile's number behind it (`logits_0`),
      and `tiles` (n, 4) int64 has the picture's pixels of each as x0, y0, x1, y1.

    `progress.jsonl` there says which pictures are finished. A later run, after a kill too, leaves
    alone what is whole and was made of the same picture (bytes and time of change), with the same
    model, protocol, numerics and precision, and does the rest. Frames that go on from those before
    (`SmoothedPredictor`) become what an unbroken run makes of them, see `in_order`.

    A picture that cannot be read, predicted or written is reported, and the rest go on. Once the
    disk is full or not to be written to, what is left is skipped.

    Args:
        predictor: or several, of one model on several devices, which share the pictures.
        inputs: pictures, and folders that are walked with their subfolders.
        redo: do every picture, whatever was finished before.
        on_error: told of each failure as it happens, the picture and one sentence, from any thread.

    Raises:
        Cancelled: `cancel` was called; the results so far are on disk.
        RequestError: nothing can be written to `out`, it holds the results of another model,
            protocol or arithmetic, or `save` names something unknown.
    """
    _check_save(save)
    predictors = [*predictor] if isinstance(predictor, Sequence) else [predictor]
    if len(predictors) > 1 and any(isinstance(each, InOrderPredictor) for each in predictors):
        raise RequestError("Smoothed frames are predicted one after the other: name one device.")
    summary = BatchSummary()

    def report(picture: Path, sentence: str) -> None:
        summary.fail(picture, sentence)
        if on_error is not None:
            on_error(picture, sentence)

    jobs = plan_outputs(inputs, out, report)
    if not jobs:
        return summary
    summary.plan(jobs, out)
    saved = frozenset(save)
    ledger = _prepare(out, predictors[0], redo=redo)
    try:
        for number in ledger.finished(jobs, saved):
            summary.mark(number, State.KEPT)
        run = Run(
            summary,
            ledger,
            saved,
            classes=predictors[0].classes,
            report=report,
            progress=progress,
        )
        run.over(predictors, cancel or CancelToken())
    finally:
        ledger.close()
    return summary


def _check_save(save: Collection[str]) -> None:
    unknown = [name for name in save if name not in SAVES]
    if unknown:
        raise RequestError(f'There is no "{unknown[0]}" to save: choose among {", ".join(SAVES)}.')


def _prepare(out: Path, predictor: BatchPredictor, *, redo: bool) -> Ledger:
    try:
        out.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(out, settings_of(predictor), redo=redo)
        predictor.classes.write(out / "classes.json")
    except OSError as error:
        raise RequestError(
            f"{readable(out)} cannot be written to ({error.strerror or error}): "
            "choose another output folder."
        ) from error
    return ledger
