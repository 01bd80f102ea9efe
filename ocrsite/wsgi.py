"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ocrsite.settings")

application = get_wsgi_application()
_ = get_resolver().url_patterns  # once, before gunicorn forks, and not in each of its workers
