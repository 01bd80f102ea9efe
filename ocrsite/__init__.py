"""The site: settings, Celery application, URLs, health, and the REST API's root."""

from ocrsite.celery import app as celery_app

__all__ = ["celery_app"]
