"""A region is hidden, a size is changed: what the model then says."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.errors import Cancelled, RequestError
from segcore.geometry import Box
from segcore.inspection import counterfactual, hide, resolution_study
from segcore.inspection.hiding import FILLINGS
from segcore.metrics import Scores, confusion_matrix
from segcore.progress import CancelToken

REGION = Box(20, 10, 60, 50)


@pytest.mark.parametrize("filling", FILLINGS)
def test_hiding_touches_the_region_alone_and_forgets_what_was_in_it(filling, picture):
    image = picture(80, 100)
    other = image.copy()
    # A detail in the middle of the region, which nothing around it tells of.
    other[25:35, 35:45] = 255 - other[25:35, 35:45]
    hidden, again = hide(image, REGION, filling), hide(other, REGION, filling)
    outside = np.ones(image.shape[:2], bool)
    outside[REGION.slices] = False
    np.testing.assert_array_equal(hidden[outside], image[outside])
    apart = np.abs(hidden.astype(int) - again).max()
    assert apart <= {"inpaint": 0, "mean": 20, "blur": 160}[filling]
    assert (hidden[REGION.slices] != image[REGION.slices]).any()


def test_the_mean_is_the_pictures_own(picture):
    image = picture(80, 100)
    hidden = hide(image, REGION, "mean")
    np.testing.assert_allclose(hidden[30, 40], image.mean(axis=(0, 1)), atol=0.5)


@pytest.mark.parametrize(
    ("region", "filling", "words"),
    [
        (Box(200, 0, 300, 50), "blur", "nothing to hide"),
        (Box(-5, -5, 500, 500), "blur", "whole picture"),
        (REGION, "lava", "lava"),
    ],
)
def test_what_cannot_be_hidden_is_refused(region, filling, words, picture):
    with pytest.raises(RequestError, match=words):
        hide(picture(80, 100), region, filling)


def test_a_counterfactual_is_the_prediction_of_the_hidden_picture(street, picture):
    image = picture(96, 128)
    found = counterfactual(
        street, street.encode(image), (40, 30), REGION, "mean", targets=("stage2", "head")
    )
    np.testing.assert_array_equal(found.image, hide(image, REGION, "mean"))
    expected = street.predict(found.image)
    np.testing.assert_array_equal(found.after.labels, expected.labels)
    assert found.labels == (found.before.labels[30, 40], expected.labels[30, 40])
    assert found.confidences[1] == expected.confidence[30, 40]
    np.testing.assert_array_equal(found.flipped, found.before.labels != expected.labels)
    change = found.erf_change("stage2")
    assert abs(float(change.values.sum())) < 1e-3
    assert np.abs(change.values).max() > 0
    with pytest.raises(RequestError, match="stage4"):
        found.erf_change("stage4")


def test_far_from_the_region_nothing_changes_early(street, picture):
    """Stage 1 is local: its receptive field at a far place does not know of the region."""
    image = picture(96, 512)
    encoded = street.encode(image)
    found = counterfactual(street, encoded, (500, 50), Box(0, 0, 24, 24), targets=("stage1",))
    assert np.abs(found.erf_change("stage1").values[:, :24]).max() < 1e-3


def test_every_size_is_compared_with_the_pictures_own(street, picture):
    image = picture(96, 128)
    truth = street.predict(image).labels.copy()
    truth[:10] = street.classes.ignore
    half, own = resolution_study(street, image, (0.5, 1.0), truth)
    assert (half.size, own.size) == ((48, 64), (96, 128))
    assert own.agreement == own.miou == own.pixel_accuracy == 1.0
    expected = street.predict(street.encode(image, size=(48, 64))).labels
    np.testing.assert_array_equal(half.labels, expected)
    assert half.agreement == (expected == street.predict(image).labels).mean()
    counts = confusion_matrix(truth, expected, len(street.classes), street.classes.ignore)
    assert half.miou == Scores.from_confusion(counts).miou


@pytest.mark.parametrize(("scale", "words"), [(0, "above 0"), (100.0, "within 4096")])
def test_sizes_that_make_no_sense_are_refused(scale, words, street, picture):
    with pytest.raises(RequestError, match=words):
        resolution_study(street, picture(96, 128), (scale,))


def test_labels_of_another_picture_are_refused(street, picture):
    with pytest.raises(RequestError, match="5x5"):
        resolution_study(street, picture(96, 128), (1.0,), np.zeros((5, 5), np.uint8))


def test_a_study_can_be_called_off(street, picture):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        resolution_study(street, picture(96, 128), cancel=cancel)
