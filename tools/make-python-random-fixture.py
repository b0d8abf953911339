"""Writes test/fixtures/python-random.json: what CPython's random.sample draws, for many sizes and seeds.

python tools/make-python-random-fixture.py (needs nothing but CPython)
"""

import json
import random
from pathlib import Path

sizes = [*range(1, 40), 84, 85, 86, 100, 125, 213, 277, 278, 300, 633, 1000, 1045, 1400, 5000]
seeds = [0, 1, 42, 2**31, 2**32 - 1, 2**32, 2**53 - 1, -7]


def draw(seed):
    """One stream through all sizes, a fifth and a fiftieth of each: both of CPython's methods take part."""
    random.seed(seed)
    return [random.sample(range(n), int(share * n)) for n in sizes for share in (0.2, 0.02)]


def digest(numbers):
    """A number that changes with any of the drawn ones and their order, to keep the fixture small."""
    result = 0
    for number in numbers:
        result = (result * 31 + number + 1) % 1000003
    return result


random.seed(0)
first = random.sample(range(10), 4)
fixture = {
    "sizes": sizes,
    "shares": [0.2, 0.02],
    "digests": {str(seed): [digest(numbers) for numbers in draw(seed)] for seed in seeds},
    "first": first,
    # The whole flower set: pictures of daisy, dandelion, roses, sunflowers and tulips.
    "flowers": {"counts": [633, 898, 641, 699, 799]},
}
random.seed(0)
drawn = [random.sample(range(n), int(0.2 * n)) for n in fixture["flowers"]["counts"]]
fixture["flowers"]["drawn"] = [digest(sorted(numbers)) for numbers in drawn]
fixture["flowers"]["firstDaisy"] = drawn[0][0]
path = Path(__file__).parent.parent / "test/fixtures/python-random.json"
path.write_text(json.dumps(fixture) + "\n")
