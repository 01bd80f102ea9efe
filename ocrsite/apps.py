"""The app `ocrsite`: what holds the other three together."""

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class OcrSiteConfig(AppConfig):
    name = "ocrsite"
    default = True

    def ready(self) -> None:
        from ocrsite import checks  # noqa: F401  registers the system checks


class AdminConfig(django_admin.AdminConfig):
    """Django's admin, open to whom the product calls an admin."""

    default = False
    default_site = "ocrsite.admin_site.AdminSite"
