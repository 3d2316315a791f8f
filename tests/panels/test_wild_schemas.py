"""The form and the check over three hundred random schemas."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cyberdesk_nb.panels.form import SchemaForm
from cyberdesk_nb.panels.launch.checking import FORMATS, schema_errors
from tests.panels.test_form import text_of
from tests.panels.wild_schemas import WILD, likely

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_three_hundred_schemas_build_agree_with_jsonschema_and_give_values_back() -> None:
    """Each form builds, its value is valid exactly when jsonschema says so, and what it is set to is given back."""
    verdicts: Counter[bool] = Counter()

    @settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        schema = data.draw(WILD)
        value = data.draw(likely(schema))
        shown = SchemaForm(schema)
        try:
            shown.value = value
            assert text_of(shown.value) == text_of(value)
            is_valid = Draft202012Validator(schema, format_checker=FORMATS).is_valid(value)
            assert (schema_errors(schema, shown.value) == []) is is_valid
            assert value is None or not shown.problems()
            verdicts[is_valid] += 1
        finally:
            shown.close()

    holds()
    assert verdicts.total() >= 300
    assert min(verdicts[True], verdicts[False]) > 30
