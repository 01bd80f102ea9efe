"""What can go wrong in recognition, each with a stable code and a sentence that says what to do."""


class RecognitionError(Exception):
    """The root of this app's errors."""

    code = "recognition_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FileRefused(RecognitionError):
    """An uploaded file cannot be kept at all."""

    code = "file_refused"


class FileTooLarge(FileRefused):
    """More bytes than the site takes."""

    code = "too_large"


class StorageFull(FileRefused):
    """The disk took no more bytes; nothing of the file was kept."""

    code = "disk_full"


class TooManyUploads(FileRefused):
    """A person's unfinished uploads are as many, or as large, as they may be."""

    code = "too_many_uploads"


class PartsDamaged(FileRefused):
    """What arrived in parts is not the file that was sent."""

    code = "damaged"


class PartsUnfinished(RecognitionError):
    """Not all of the file is here yet."""

    code = "unfinished"


class PartsBusy(RecognitionError):
    """Another request holds the file."""

    code = "busy"


class OffsetWrong(RecognitionError):
    """A part does not begin where the file ends; `offset` is where it does."""

    code = "offset"

    def __init__(self, offset: int) -> None:
        super().__init__(f"The file ends at byte {offset:,} here. Go on from there.")
        self.offset = offset


class NoModel(RecognitionError):
    """No model version is active, so nothing can be read."""

    code = "no_model"


class NothingToRollBack(RecognitionError):
    """The scope's active model is the first it ever had."""

    code = "nothing_to_roll_back"


class CanaryOver(RecognitionError):
    """The canary has been promoted or withdrawn."""

    code = "canary_over"


class NotRetryable(RecognitionError):
    """The page or document is not in a state that a retry can start from."""

    code = "not_retryable"


class NothingKept(NotRetryable):
    """No byte of the file is here, so only uploading it again helps."""
