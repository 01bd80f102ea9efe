"""The app `training`: labels in, better models out, and the gate before them."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from training import receivers  # connects trials to `page_recognised`

        receivers.connect()
