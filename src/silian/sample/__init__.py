"""The sample city: a fictional city over all record kinds, from a seed, with ground truth."""

from silian.sample.generate import City, generate_city, relevance_examples, write_city
from silian.sample.size import CitySize, scaled_size

__all__ = [
    "City",
    "CitySize",
    "generate_city",
    "relevance_examples",
    "scaled_size",
    "write_city",
]
