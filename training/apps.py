"""The app `training`: labels in, better models out, and the gate before them."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
