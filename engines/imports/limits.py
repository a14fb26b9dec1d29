"""How much a workbook may ask of this machine before it is refused."""

from dataclasses import dataclass

from django.conf import settings

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bytes, counts and ratios; what exceeds one is refused in words before anything is parsed."""

    upload_bytes: int = 30 * MIB
    inflated_bytes: int = 200 * MIB  # all parts together, counted while inflating
    ratio: int = 200  # inflated to packed; honest sheets stay below 30
    ratio_from_bytes: int = 10 * MIB  # small parts may be as regular as they like
    entries: int = 2_000
    catalogue_bytes: int = 5 * MIB  # workbook.xml and its relations are parsed as a tree
    rows: int = 200_000  # of one sheet
    cells: int = 6_000_000  # of one sheet's rectangle: the reader keeps it dense
    long_text: int = 2_000  # bytes from which a shared string is counted as often as it is used
    expanded_text_bytes: int = 256 * MIB

    @classmethod
    def standard(cls) -> "Limits":
        return cls(upload_bytes=settings.LVZE_MAX_UPLOAD_BYTES)
