"""Who and what a command is told by name."""

from django.core.management.base import CommandError

from recognition.models import DocumentType


def type_named(name: str) -> DocumentType:
    """The document type of this name, else of this name in another case. Raises CommandError."""
    alike = DocumentType.objects.filter(name__iexact=name)
    found = alike.filter(name=name).first() or alike.first()
    if found is None:
        known = ", ".join(DocumentType.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no document type {name}. There are: {known}.")
    return found
