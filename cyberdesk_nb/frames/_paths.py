"""Names of values inside JSON: the path of keys as the API's own prompts write it."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r'[^.\[\]"\x00-\x1f\x7f\ud800-\udfff]+')


def path_name(start: str, path: tuple[str, ...]) -> str:
    """Give the name of a path; different paths have different names.

    Examples
    --------
    >>> path_name("output_data", ("to", "city")), path_name("output_data", ("to.city",))
    ('output_data.to.city', 'output_data["to.city"]')
    """
    return start + "".join(f".{key}" if _PLAIN.fullmatch(key) else f"[{json.dumps(key)}]" for key in path)
