"""The site's settings for the benches of reviewing: a password costs milliseconds.

What a password's hash costs is no part of what is measured; on a busy machine it takes longer than
the time between two blows, and two hundred people take minutes to make.
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from ocrsite.settings import *  # noqa: F403


class QuickHasher(PBKDF2PasswordHasher):
    """Guards nothing."""

    iterations = 1_000


PASSWORD_HASHERS = ["bench.quick_settings.QuickHasher"]
