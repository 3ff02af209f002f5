"""A Python client of a service that runs elsewhere: `Client`, what it is asked with, and what it answers.

The service itself checks requests by `options`, and describes its answers by `answers`. Nothing here needs torch.
"""

from situate.client.answers import Composite, Composition, FoundPlaces, Job, Model, Place, PlacedObject
from situate.client.client import Client, PictureFile
from situate.client.errors import ServiceError
from situate.client.options import AugmentOptions, ComposeOptions, PlaceOptions

__all__ = [
    "AugmentOptions",
    "Client",
    "ComposeOptions",
    "Composite",
    "Composition",
    "FoundPlaces",
    "Job",
    "Model",
    "PictureFile",
    "Place",
    "PlaceOptions",
    "PlacedObject",
    "ServiceError",
]
