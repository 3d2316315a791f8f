"""What a picture's reference says without opening the picture."""

from __future__ import annotations


def describe_image(reference: str | None) -> tuple[str | None, str | None, int | None]:
    """Tell where a picture is.

    Parameters
    ----------
    reference
        Base64 (bare or as a data URI), a storage address such as ``supabase://...``, or None.

    Returns
    -------
    tuple
        Kind (``inline``, ``stored`` or None), address of a stored picture, size in bytes of an inline one.

    Examples
    --------
    >>> describe_image("supabase://run-images/org/run/1.png")[0]
    'stored'
    """
    if not reference:
        return None, None, None
    if "://" in reference[:32]:
        return "stored", reference, None
    data = reference[reference.find(",") + 1 :] if reference.startswith("data:") else reference
    return "inline", None, len(data) * 3 // 4 - data[-2:].count("=")
