"""Static files under names that hash their content, our own script modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _IMPORTS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns  # noqa: SLF001  Django applies them to all scripts or none


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Modules of ours that import each other name each other by content too.

    Else browsers ask for every one of them anew a minute later: a review screen has twenty. Not
    those of packages, of which one imports what it does not ship.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", _IMPORTS))
