"""The app `recognition`: documents in, read lines out. It knows nothing of people's work."""

from django.apps import AppConfig


class RecognitionConfig(AppConfig):
    name = "recognition"
