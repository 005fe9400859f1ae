"""How many setups are drawn: few and always the same ones in an ordinary run, ten thousand new ones on request.

pytest tests/properties --hypothesis-profile=thorough
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The machine's pace is no property of the suite, so nothing has a deadline.
settings.register_profile(
    "bounded",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "thorough", settings.get_profile("bounded"), max_examples=10_000, derandomize=False, print_blob=True
)
settings.load_profile("bounded")
