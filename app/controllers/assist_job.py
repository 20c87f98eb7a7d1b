"""One gesture on its way to a preview, and maybe on to an edit."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace

from app.assistants.scene import Assistant, Outcome, Scene
from app.gesture import Gesture
from app.mask_levels import MaskLevels
from app.tool_options import Options
from segcore.edits import Protection
from segcore.progress import CancelToken


@dataclass(frozen=True, eq=False)
class Preview:
    """What is proposed and not yet done.

    Attributes:
        gesture: what it was asked with.
        outcome: what the assistant says, less what is protected.
        count: pixels that are proposed, none of them protected.
        hidden: pixels that were left out because they are protected.
        levels: the proposal to be shown from near and far; None where there is none.
        class_id: what a selection would become: ignore where it is to be unlabelled, -1 where there
            is no active class.
    """

    gesture: Gesture
    outcome: Outcome
    count: int
    hidden: int
    levels: MaskLevels | None
    class_id: int


@dataclass(eq=False)
class Job:
    """A gesture with all that it takes to work it out.

    Attributes:
        answered: the assistant is done; `preview` is what came of it, if anything.
        accepted: an edit is to be made of it, whatever is asked next.
        future: the work under way.
    """

    gesture: Gesture
    assistant: Assistant
    scene: Scene
    options: Options
    protection: Protection
    person: int
    cancel: CancelToken
    accepted: bool = False
    preview: Preview | None = None
    answered: bool = False
    future: Future[None] | None = None

    @property
    def class_id(self) -> int:
        """What a selection becomes."""
        return self.scene.ignore if self.gesture.erase else self.scene.class_id


def without_protected(job: Job, outcome: Outcome) -> Preview:
    """What is proposed, less what may not be changed."""
    proposal, scene = outcome.proposal, job.scene
    if proposal is None or proposal.is_empty:
        return Preview(job.gesture, replace(outcome, proposal=None), 0, 0, None, job.class_id)
    count = found = proposal.area
    if job.protection.is_on:
        where = proposal.place.slices
        allowed = job.protection.allows(scene.labels[where], scene.origins[where])
        proposal = proposal.kept_where(allowed)
        count = proposal.area
        outcome = replace(outcome, proposal=proposal.trimmed() if count else None)
    levels = MaskLevels(proposal, scene.size) if count else None
    return Preview(job.gesture, outcome, count, found - count, levels, job.class_id)
