"""What a document type's character set means for its model and for pages that were read before."""

from pathlib import Path

from django.conf import settings

from recognition.character_sets import SetPreview, preview_of
from recognition.engines.dictionary import parse_dictionary
from recognition.exceptions import NoModel
from recognition.models import DocumentType, ModelVersion, Page
from recognition.registry import active_model
from recognition.states import PageStatus, TextSource


def dictionary_of(version: ModelVersion) -> tuple[str, ...]:
    """The characters a model version can write; none where its files are not on this machine."""
    path = Path(settings.MODEL_STORE) / version.sha256 / "dictionary.txt"
    try:
        return parse_dictionary(path.read_bytes())
    except OSError:
        return ()


def set_preview(character_set: str, document_type: DocumentType | None) -> SetPreview:
    """What the set leaves of the dictionary of the model that reads the type, or all types."""
    try:
        dictionary = dictionary_of(active_model(document_type))
    except NoModel:
        dictionary = ()
    return preview_of(character_set, dictionary)


def read_otherwise(document_type: DocumentType) -> int:
    """How many pages that wait for a reviewer were read with another set than the type has now."""
    pages = Page.objects.filter(
        document__document_type=document_type,
        status=PageStatus.REVIEW,
        text_source=TextSource.IMAGE,
    )
    return pages.exclude(character_set=document_type.character_set).count()
