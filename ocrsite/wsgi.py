"""The WSGI entry point that gunicorn serves."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ocrsite.settings")

THREADS_TURN = 0.000_5
"""Seconds that a thread computes before another may. A request asks the database some ten times and
waits for its turn after each answer: Python's own 5 ms made eight requests at once half as fast
(docs/measurements/review.md)."""

sys.setswitchinterval(THREADS_TURN)
application = get_wsgi_application()
_ = get_resolver().url_patterns  # once, before gunicorn forks, and not in each of its workers
gc.freeze()  # a full collection looked through 150,000 objects of the code itself: 70 ms, at random
