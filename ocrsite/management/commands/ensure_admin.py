"""Make the first admin, so that somebody can sign in."""

import secrets
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction

from recognition.querysets import ADMIN_GROUP

USERNAME = "admin"
PASSWORD_BYTES = 12  # of randomness; 16 characters to type once


class Command(BaseCommand):
    help = "Make the superuser `admin` with a random password, if there is no superuser yet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print user and password, once; print nothing where there is a superuser already."""
        with transaction.atomic():
            if User.objects.filter(is_superuser=True, is_active=True).exists():
                return
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            name = USERNAME
            while User.objects.filter(username=name).exists():
                name = f"{USERNAME}-{secrets.token_hex(2)}"
            user = User.objects.create_superuser(name, password=password)
            user.groups.add(Group.objects.get(name=ADMIN_GROUP))
        self.stdout.write(f"user: {name}  password: {password}  (shown only this once)")
