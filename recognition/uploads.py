"""Taking files from a request: what is too large, or has no room on the disk, fails alone.

Django's own handler raises in the middle of parsing, so that all files of the request are lost,
and writes whatever is sent before anybody looks at its size.
"""

import io
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from recognition.exceptions import FileRefused, StorageFull
from recognition.files import disk_error, too_large


class Upload(UploadedFile):  # type: ignore[type-arg]  # generic in the stubs alone
    """An uploaded file in a nameless temporary file, or the reason why it is not there."""

    failure: FileRefused | None = None

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The bytes. Raises FileTooLarge or StorageFull where they could not be kept."""
        if self.failure is not None:
            raise self.failure
        return super().chunks(chunk_size)


class DiskUploadHandler(FileUploadHandler):
    """Writes to a temporary file while it may, and reads the rest of the request anyway."""

    kept: Upload
    file: IO[bytes]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = io.BytesIO()
        self.kept = Upload(None, self.file_name, self.content_type, 0, self.charset)
        try:
            self.file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
        except OSError as error:
            self._give_up(error)
        self.kept.file = self.file

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.kept.failure is not None:
            return
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self._drop(too_large(settings.UPLOAD_MAX_BYTES))
            return
        try:
            self.file.write(raw_data)
        except OSError as error:
            self._give_up(error)

    def file_complete(self, file_size: int) -> Upload:
        if self.kept.failure is None:
            try:
                self.file.seek(0)  # which writes what is still buffered
            except OSError as error:
                self._give_up(error)
        self.kept.size = file_size
        return self.kept

    def _give_up(self, error: OSError) -> None:
        told = disk_error(error)
        if not isinstance(told, StorageFull):
            raise error
        self._drop(told)

    def _drop(self, failure: FileRefused) -> None:
        """Free what was written; whoever reads the file learns of the failure."""
        self.kept.failure = failure
        self.file.truncate(0)
