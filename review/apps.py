"""The app `review`: what people do with pages. It knows nothing of training."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        from review import receivers  # connects routing to `page_recognised`

        receivers.connect()
