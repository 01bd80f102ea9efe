"""The app `ocrsite`: what holds the other three together."""

from django.apps import AppConfig, apps
from django.contrib.admin import apps as django_admin
from django.db.models.signals import post_migrate


class OcrSiteConfig(AppConfig):
    name = "ocrsite"
    default = True

    def ready(self) -> None:
        from ocrsite import checks, groups  # noqa: F401  checks register themselves

        post_migrate.connect(
            groups.make_groups, sender=apps.get_app_config("auth"), dispatch_uid="groups"
        )


class AdminConfig(django_admin.AdminConfig):
    """Django's admin, open to whom the product calls an admin."""

    default = False
    default_site = "ocrsite.admin_site.AdminSite"
