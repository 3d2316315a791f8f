"""Hostile text: what people and programs put into strings to break those who show, store or open them."""

from __future__ import annotations

HOSTILE: dict[str, str] = {
    "markup": "<img src=x onerror=\"window.owned=1\"><b onmouseover='window.owned=1'>bold</b>",
    "script": "</script><script>window.owned=1</script><!--",
    "markdown": "[click](javascript:window.owned=1) ![x](https://example.invalid/x.png)",
    "bidi": "invoice\u202egnp.exe \u2066\u2067\u2069\u200b\u200f",
    "nul": "before\u0000after\u0001\u007f",
    "surrogate": "half \ud800 of a pair, and the other \udc00",
    "long": "very long " * 100_000,
    "formula": "=cmd|' /C calc'!A0",
    "formula_at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "path": "../../../../etc/passwd",
    "path_windows": "..\\..\\C:\\Windows\\CON.txt",
    "terminal": "\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u001b]8;;http://example.invalid\u0007link\u001b]8;;\u0007",
    "csv": "a,\"b;\r\n'c\t\u2028d",
    "json": '{"$ref": "#"}, "key": [1, NaN\\u0000 \\',
    "template": "{{7*7}} ${7*7} {0.__class__} %s %n {input} `id` $(id)",
    "sql": "'; DROP TABLE runs; --",
    "chinese": "\u7532\u72b6\u817a\u529f\u80fd\u5f02\u5e38\u7684\u75c5\u4eba",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1e9\U0001f1ea e\u0301\u0327\u0300",
    "empty": "",
    "blank": " \u00a0\u3000\n\n",
    "none": "NaN",
    "null_word": "null",
    "proto": "__proto__",
}
"""By name. Whatever runs, sets `window.owned`; `long` is a megabyte."""
