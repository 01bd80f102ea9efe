"""From an uploaded file of untrusted bytes to upright page images on disk.

`runner.split_document` is the way in. This package knows nothing of Django; the bounds come in
as `base.Limits`.
"""
