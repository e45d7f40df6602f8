"""How many generated examples a property is tried with: a seeded sample in the suite, many new ones by hand.

`python -m tests.bench.generated` tries all of them with new examples.
"""

import os

from hypothesis import settings

# Set by tests/bench/generated.py: so many times what the suite tries.
TIMES = "HOTLINE_GENERATED_TIMES"


def examples(count: int) -> settings:
    """The same `count` examples in every run of the suite, or many times that of new ones."""
    times = int(os.environ.get(TIMES, "0"))
    return settings(max_examples=count * max(times, 1), derandomize=not times, deadline=None)
