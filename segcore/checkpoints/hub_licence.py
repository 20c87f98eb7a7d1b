"""The licence of a model on a hub, and whether the person has accepted it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from segcore.atomic import replacing
from segcore.checkpoints.hub_name import HubName
from segcore.checkpoints.refusal import one_line
from segcore.checkpoints.released import Licence, released
from segcore.errors import CheckpointError, readable


@dataclass(frozen=True)
class Terms:
    """What a person is asked to accept before any weights of `name` are fetched."""

    name: HubName
    licence: Licence

    @property
    def text(self) -> str:
        """The question's words: what is asked for, under which licence, and where its text is."""
        return (
            f"{self.name} is under: {self.licence.title}. {self.licence.summary} "
            f"Its text: {self.licence.url}"
        )


AcceptLicence = Callable[[Terms], bool]


def terms_in_card(name: HubName, card: Mapping[str, Any]) -> Terms:
    """The terms of a model from the catalogue, else from the front matter of its card."""
    known = released(name.repo)
    if known is not None:
        return Terms(name, known.licence)
    told = _word(card, "license")
    title = _word(card, "license_name") or told or "no licence that its page names"
    url = _word(card, "license_link")
    if not url.startswith(("http://", "https://")):
        url = name.page
    forbids = any(word in title.lower() for word in ("-nc", "non-commercial", "noncommercial"))
    if not told:
        summary = "Without a licence nothing is allowed beyond what the law allows everybody."
    elif forbids:
        summary = "It is for non-commercial use only."
    else:
        summary = "Read it before you use the model."
    return Terms(name, Licence(told or "unknown", title, forbids, summary, url))


def is_accepted(terms: Terms) -> bool:
    """Whether this licence of this repository was accepted before, on this machine."""
    record = _read().get(terms.name.repo)
    return isinstance(record, Mapping) and record.get("licence") == terms.licence.id


def remember_acceptance(terms: Terms) -> None:
    """Keep that the person has accepted.

    Raises:
        CheckpointError: the user's data folder cannot be written to.
    """
    path = _path()
    records = _read()
    records[terms.name.repo] = {
        "licence": terms.licence.id,
        "title": terms.licence.title,
        "url": terms.licence.url,
        "accepted": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, "w") as stream:
            json.dump(records, stream, indent=2, ensure_ascii=False)
    except OSError as error:
        raise CheckpointError(
            f"{readable(path)}: that the licence was accepted cannot be kept "
            f"({error.strerror}); make the folder writable."
        ) from error


def _path() -> Path:
    folder = Path(platformdirs.user_data_dir("segformer-studio", appauthor=False))
    return folder / "accepted-licences.json"


def _read() -> dict[str, Any]:
    """What was accepted; a file that cannot be read accepts nothing, so the person is asked."""
    try:
        records = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return records if isinstance(records, dict) else {}


def _word(card: Mapping[str, Any], key: str) -> str:
    value = card.get(key)
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    return one_line(value, 200) if isinstance(value, str) else ""
