"""How the hash of an entry is made; used when writing and when verifying, so that the two cannot differ."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

FIELDS = (
    "chain",
    "seq",
    "actor_id",
    "actor_name",
    "action",
    "target_type",
    "target_id",
    "target_title",
    "unit_path",
    "before",
    "after",
    "reason",
    "request_id",
)


def entry_hash(entry: Any) -> str:
    """SHA-256 (hex) over every field of the entry in a fixed order and over the hash before it."""
    said: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
    said["at"] = _moment(entry.at)
    said["previous_hash"] = entry.previous_hash
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
