"""The app `recognition`: documents in, read lines out. It knows nothing of people's work."""

from django.apps import AppConfig
from django.conf import settings
from PIL import Image


class RecognitionConfig(AppConfig):
    name = "recognition"

    def ready(self) -> None:
        """Let Pillow open, in every process, each page that splitting let in.

        Its own bound is lower than what the settings may allow, and what it raises is no OSError.
        It is never lowered here: pages that are stored stay readable where the setting falls.
        """
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, settings.PAGE_MAX_PIXELS)
